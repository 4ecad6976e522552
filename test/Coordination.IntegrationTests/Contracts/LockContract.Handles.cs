namespace Coordination.IntegrationTests.Contracts;

/// <summary>What a handle says, and work under a lock in one call.</summary>
public abstract partial class LockContract
{
    [Fact(Timeout = Limit)]
    public async Task A_release_frees_the_name_and_gives_the_same_answer_each_time()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var held = await here.Locks.AcquireAsync("n", cancellationToken: Ending);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => held.ReleaseAsync(Ending).AsTask(), Ending)));

        Assert.All(answers, answer => Assert.Equal(ReleaseOutcome.Released, answer));
        Assert.Equal(ReleaseOutcome.Released, await held.ReleaseAsync(Ending));
        Assert.False(held.IsHeld);
        Assert.NotNull(await there.Locks.TryAcquireAsync("n", cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task Disposing_twice_from_two_threads_and_after_the_end_releases_nobody_elses_lock()
    {
        var replica = await StartAsync();
        var first = await Apart(() => replica.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask());
        await Task.WhenAll(Task.Run(() => first.DisposeAsync().AsTask(), Ending), Task.Run(() => first.DisposeAsync().AsTask(), Ending));
        var second = await Apart(() => replica.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask());

        await first.DisposeAsync();
        Assert.True(second.IsHeld);
        Assert.True(await second.ConfirmAsync(Ending));
        Assert.Null(await replica.Locks.TryAcquireAsync("n", cancellationToken: Ending));
        await replica.StopAsync();
        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task An_orderly_release_does_not_fire_lost_which_is_readable_afterwards()
    {
        var replica = await StartAsync();
        var watched = await replica.Locks.AcquireAsync("watched", cancellationToken: Ending);
        var unwatched = await replica.Locks.AcquireAsync("unwatched", cancellationToken: Ending);
        var lost = watched.Lost;
        Assert.False(lost.IsCancellationRequested);

        await watched.DisposeAsync();
        await unwatched.DisposeAsync();
        await replica.StopAsync();

        Assert.False(lost.IsCancellationRequested || watched.Lost.IsCancellationRequested || unwatched.Lost.IsCancellationRequested);
    }

    [Fact(Timeout = Limit)]
    public async Task The_server_confirms_a_held_lock_and_no_released_one()
    {
        var replica = await StartAsync();
        var held = await replica.Locks.AcquireAsync("n", cancellationToken: Ending);

        Assert.True(await held.ConfirmAsync(Ending));
        await held.ReleaseAsync(Ending);

        Assert.False(await held.ConfirmAsync(Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task A_lock_that_goes_with_its_session_says_so()
    {
        var (replica, other) = (await StartAsync("pod-0"), await StartAsync());
        var watched = await replica.Locks.AcquireAsync("watched", cancellationToken: Ending);
        var unwatched = await replica.Locks.AcquireAsync("unwatched", cancellationToken: Ending);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watched.Lost.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetResult(), told);

        await StartAsync("pod-0"); // takes the member's place, and its session is ended
        await told.Task.WaitAsync(Ending);
        await replica.StopAsync(); // else it would come back and take the place in turn

        Assert.False(watched.IsHeld || unwatched.IsHeld);
        Assert.True(unwatched.Lost.IsCancellationRequested);
        Assert.Equal(ReleaseOutcome.WasLost, await watched.ReleaseAsync(Ending));
        Assert.Equal(ReleaseOutcome.WasLost, await unwatched.ReleaseAsync(Ending));
        Assert.False(await watched.ConfirmAsync(Ending));
        await watched.DisposeAsync();
        await using var next = await other.Locks.AcquireAsync("watched", cancellationToken: Ending);
        Assert.True(next.Token > watched.Token);
    }

    [Fact(Timeout = Limit)]
    public async Task Run_holds_the_lock_around_the_body_and_returns_what_it_returns()
    {
        var (here, there) = (await StartAsync(), await StartAsync());

        var busy = await here.Locks.RunAsync(
            "n",
            async (held, token) => held.IsHeld && await there.Locks.TryAcquireAsync("n", cancellationToken: token) is null,
            cancellationToken: Ending);

        Assert.True(busy);
        Assert.NotNull(await there.Locks.TryAcquireAsync("n", cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task The_bodys_own_error_wins_and_the_lock_is_released()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var body = new InvalidDataException("the body's own");

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => here.Locks.RunAsync("n", (_, _) => Task.FromException(body), cancellationToken: Ending));
        var inLoss = await Assert.ThrowsAsync<InvalidDataException>(() => here.Locks.RunAsync("n", LoseAsync, cancellationToken: Ending));

        Assert.Same(body, error);
        Assert.Same(body, inLoss);
        Assert.NotNull(await there.Locks.TryAcquireAsync("n", cancellationToken: Ending));

        async Task LoseAsync(ILockHandle held, CancellationToken token)
        {
            await here.Group.LeaveAsync(Ending);
            throw body;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task TryRun_says_false_when_busy_and_the_body_does_not_run()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var runs = 0;
        await using (await here.Locks.AcquireAsync("n", cancellationToken: Ending))
        {
            Assert.False(await there.Locks.TryRunAsync("n", CountAsync, cancellationToken: Ending));
            Assert.Equal(0, runs);
        }

        Assert.True(await there.Locks.TryRunAsync("n", CountAsync, cancellationToken: Ending));
        Assert.Equal(1, runs);

        Task CountAsync(ILockHandle held, CancellationToken token)
        {
            runs++;
            return Task.CompletedTask;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task The_bodys_token_fires_when_the_caller_cancels_and_when_the_lock_is_lost()
    {
        var replica = await StartAsync();
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Ending);

        var cancelled = replica.Locks.RunAsync("n", async (_, token) =>
        {
            await caller.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        }, cancellationToken: caller.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        var lost = replica.Locks.RunAsync("n", async (_, token) =>
        {
            await replica.Group.LeaveAsync(Ending);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        }, cancellationToken: Ending);
        var error = await Assert.ThrowsAsync<LockLostException>(() => lost);

        Assert.Equal("n", error.Name.Value);
    }
}
