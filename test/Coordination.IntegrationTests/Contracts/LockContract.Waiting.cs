namespace Coordination.IntegrationTests.Contracts;

/// <summary>Waiting, timing out, giving up.</summary>
public abstract partial class LockContract
{
    public static TheoryData<long> ImpossibleTimeouts => [-2, (long)int.MaxValue + 1, -int.MaxValue];

    [Fact(Timeout = Limit)]
    public async Task Try_with_a_timeout_waits_for_the_release()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var held = await here.Locks.AcquireAsync("n", cancellationToken: Ending);
        var local = Apart(() => here.Locks.TryAcquireAsync("n", new LockRequest { Timeout = TimeSpan.FromSeconds(50) }, Ending).AsTask());
        var remote = there.Locks.TryAcquireAsync("n", new LockRequest { Timeout = TimeSpan.FromSeconds(50) }, Ending).AsTask();
        Assert.False(local.IsCompleted || remote.IsCompleted);

        await held.DisposeAsync();
        var first = await await Task.WhenAny(local, remote);
        Assert.NotNull(first);
        await first.DisposeAsync();

        Assert.All(await Task.WhenAll(local, remote), Assert.NotNull);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_that_is_over_is_null_for_try_and_an_error_for_acquire(bool sameProcess)
    {
        var here = await StartAsync();
        var there = sameProcess ? here : await StartAsync();
        await using var held = await Apart(() => here.Locks.AcquireAsync("invoice-7", cancellationToken: Ending).AsTask());
        var request = new LockRequest { Timeout = TimeSpan.FromMilliseconds(300) };

        Assert.Null(await there.Locks.TryAcquireAsync("invoice-7", request, Ending));
        var error = await Assert.ThrowsAsync<LockTimeoutException>(() => there.Locks.AcquireAsync("invoice-7", request, Ending).AsTask());

        Assert.Equal("invoice-7", error.Name.Value);
        Assert.Contains("invoice-7", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Waited, TimeSpan.FromMilliseconds(290), TimeSpan.FromSeconds(30));
        Assert.True(held.IsHeld);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_zero_timeout_is_one_attempt(bool sameProcess)
    {
        var here = await StartAsync();
        var there = sameProcess ? here : await StartAsync();
        var once = new LockRequest { Timeout = TimeSpan.Zero };

        await using var held = await Apart(() => here.Locks.AcquireAsync("n", once, Ending).AsTask());

        await Assert.ThrowsAsync<LockTimeoutException>(() => there.Locks.AcquireAsync("n", once, Ending).AsTask());
        Assert.Null(await there.Locks.TryAcquireAsync("n", once, Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task An_infinite_timeout_waits_until_the_release()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var held = await here.Locks.AcquireAsync("n", cancellationToken: Ending);
        var waiting = there.Locks.TryAcquireAsync("n", new LockRequest { Timeout = Timeout.InfiniteTimeSpan }, Ending).AsTask();

        await held.DisposeAsync();

        Assert.NotNull(await waiting);
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(ImpossibleTimeouts))]
    public async Task Impossible_timeouts_are_refused_before_anything_is_asked(long milliseconds)
    {
        var unstarted = Build();
        var request = new LockRequest { Timeout = TimeSpan.FromMilliseconds(milliseconds) };

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => unstarted.Locks.AcquireAsync("n", request, Ending).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => unstarted.Locks.TryAcquireAsync("n", request, Ending).AsTask());
    }

    [Fact(Timeout = Limit)]
    public async Task An_unknown_mode_is_refused_before_anything_is_asked()
    {
        var request = new LockRequest { Mode = (LockMode)7 };

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Build().Locks.AcquireAsync("n", request, Ending).AsTask());
    }

    [Fact(Timeout = Limit)]
    public async Task A_token_that_is_cancelled_already_yields_no_handle_and_leaves_nothing()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => here.Locks.AcquireAsync("n", cancellationToken: cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => here.Locks.TryAcquireAsync("n", cancellationToken: cancelled).AsTask());

        Assert.NotNull(await there.Locks.TryAcquireAsync("n", cancellationToken: Ending));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_that_is_cancelled_leaves_nothing_behind(bool sameProcess)
    {
        var here = await StartAsync();
        var there = sameProcess ? here : await StartAsync();
        var held = await Apart(() => here.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask());
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        var waiting = there.Locks.AcquireAsync("n", cancellationToken: patience.Token).AsTask();
        Assert.False(waiting.IsCompleted);

        await patience.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await held.DisposeAsync();

        Assert.Equal(patience.Token, error.CancellationToken);
        await using var next = await here.Locks.AcquireAsync("n", cancellationToken: Ending); // would hang if the wait had left a place in a queue
        Assert.True(next.IsHeld);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancel_that_races_with_the_grant_yields_a_handle_or_leaves_nothing(bool sameProcess)
    {
        var here = await StartAsync();
        var there = sameProcess ? here : await StartAsync();
        for (var round = 0; round < 200; round++)
        {
            var held = await Apart(() => here.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask()); // hangs if a round left the name held
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ending);
            var waiting = there.Locks.AcquireAsync("n", cancellationToken: patience.Token).AsTask();
            var release = Apart(() => held.ReleaseAsync(Ending).AsTask());
            for (var spin = 0; spin < round % 50; spin++)
            {
                await Task.Yield(); // moves the cancel over the time of the grant, from round to round
            }

            await patience.CancelAsync();
            Assert.Equal(ReleaseOutcome.Released, await release);
            try
            {
                await using var won = await waiting;
                Assert.True(won.IsHeld);
            }
            catch (OperationCanceledException) when (!Ending.IsCancellationRequested)
            {
                // The other allowed end; the next round shows that nothing was left.
            }
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Within_a_process_first_come_is_first_served()
    {
        var replica = await StartAsync();
        var held = await Apart(() => replica.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask());
        var served = new List<int>();
        var waiting = Enumerable.Range(0, 50).Select(place => ServeAsync(place, replica.Locks.AcquireAsync("n", cancellationToken: Ending))).ToArray();

        await held.DisposeAsync();
        await Task.WhenAll(waiting);

        Assert.Equal(Enumerable.Range(0, 50), served);

        async Task ServeAsync(int place, ValueTask<ILockHandle> promise)
        {
            await using var mine = await promise;
            served.Add(place);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Waiters_of_many_processes_all_get_their_turn()
    {
        var replicas = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StartAsync()));
        var held = await replicas[0].Locks.AcquireAsync("n", cancellationToken: Ending);
        var waiting = replicas.Skip(1).Select(replica => replica.Locks.RunAsync("n", (lease, _) => Task.FromResult(lease.Token), default, Ending)).ToArray();
        Assert.All(waiting, wait => Assert.False(wait.IsCompleted));

        await held.DisposeAsync();
        var tokens = await Task.WhenAll(waiting);

        Assert.Equal(3, tokens.Distinct().Count());
        Assert.All(tokens, token => Assert.True(token > held.Token));
    }

    [Fact(Timeout = Limit)]
    public async Task Waiters_are_told_when_their_process_leaves()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        await using var held = await here.Locks.AcquireAsync("n", cancellationToken: Ending);
        var waiting = there.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask();

        await there.Group.LeaveAsync(Ending);

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => waiting);
        Assert.True(held.IsHeld);
    }
}
