namespace Coordination.IntegrationTests.Contracts;

/// <summary>Locks with several holders.</summary>
public abstract partial class LockContract
{
    private static readonly LockRequest Three = new() { MaxHolders = 3 };

    [Fact(Timeout = Limit)]
    public async Task So_many_holders_and_no_more_over_all_processes()
    {
        var (here, there) = (await StartAsync(), await StartAsync());

        var held = new[]
        {
            await Apart(() => here.Locks.TryAcquireAsync("n", Three, Ending).AsTask()),
            await Apart(() => there.Locks.TryAcquireAsync("n", Three, Ending).AsTask()),
            await Apart(() => here.Locks.TryAcquireAsync("n", Three, Ending).AsTask()),
        };

        Assert.All(held, handle => Assert.True(handle!.IsHeld));
        Assert.Equal(3, held.Select(handle => handle!.Token).Distinct().Count());
        Assert.Null(await Apart(() => here.Locks.TryAcquireAsync("n", Three, Ending).AsTask()));
        Assert.Null(await Apart(() => there.Locks.TryAcquireAsync("n", Three, Ending).AsTask()));
        Assert.True(await held[1]!.ConfirmAsync(Ending));
        Assert.Equal(ReleaseOutcome.Released, await held[1]!.ReleaseAsync(Ending));
        await using var fourth = await Apart(() => there.Locks.TryAcquireAsync("n", Three, Ending).AsTask());
        Assert.True(fourth!.Token > held.Max(handle => handle!.Token));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_waits_for_a_place_gets_the_first_that_is_free_in_the_order_of_coming(bool sameProcess)
    {
        var here = await StartAsync();
        var there = sameProcess ? here : await StartAsync();
        var held = new List<ILockHandle>();
        for (var i = 0; i < 3; i++)
        {
            held.Add(await Apart(() => here.Locks.AcquireAsync("n", Three, Ending).AsTask()));
        }

        var first = Apart(() => there.Locks.AcquireAsync("n", Three, Ending).AsTask());
        await WaitersAsync(there, "n", 1);
        var second = Apart(() => there.Locks.AcquireAsync("n", Three, Ending).AsTask());
        await WaitersAsync(there, "n", 2);
        Assert.False(first.IsCompleted);

        await held[1].DisposeAsync();
        Assert.True((await first).IsHeld);
        Assert.False(second.IsCompleted);
        await held[2].DisposeAsync();
        Assert.True((await second).IsHeld);
    }

    [Fact(Timeout = Limit)]
    public async Task Many_flows_of_two_processes_never_exceed_the_number_and_all_get_their_turn()
    {
        var replicas = new[] { await StartAsync(), await StartAsync() };
        var inside = 0;
        var together = NewSignal();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(flow => Apart(async () =>
        {
            for (var round = 0; round < 10; round++)
            {
                await using var held = await replicas[flow % 2].Locks.AcquireAsync("n", Three, Ending);
                var now = Interlocked.Increment(ref inside);
                Assert.InRange(now, 1, 3);
                if (now > 1)
                {
                    together.TrySetResult();
                }

                await together.Task.WaitAsync(Ending); // the first one stays until a second one is let in
                await Task.Yield();
                Interlocked.Decrement(ref inside);
            }
        })));
    }

    [Fact(Timeout = Limit)]
    public async Task Another_number_for_the_same_name_is_an_error_while_somebody_holds_it()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        await using (await Apart(() => here.Locks.AcquireAsync("n", Three, Ending).AsTask()))
        {
            foreach (var replica in new[] { here, there })
            {
                var error = await Assert.ThrowsAsync<CoordinationConfigurationException>(
                    () => Apart(() => replica.Locks.TryAcquireAsync("n", new LockRequest { MaxHolders = 5 }, Ending).AsTask()));
                Assert.Contains("MaxHolders = 5", error.Message, StringComparison.Ordinal);
                Assert.Contains("MaxHolders = 3", error.Message, StringComparison.Ordinal);
            }

            await Assert.ThrowsAsync<CoordinationConfigurationException>(() => Apart(() => here.Locks.TryAcquireAsync("n", cancellationToken: Ending).AsTask()));
        }

        await using (await Apart(() => there.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask()))
        {
            await Assert.ThrowsAsync<CoordinationConfigurationException>(() => Apart(() => here.Locks.AcquireAsync("n", Three, Ending).AsTask()));
        }

        await using var other = await Apart(() => there.Locks.AcquireAsync("n", new LockRequest { MaxHolders = 5 }, Ending).AsTask());
        Assert.True(other.IsHeld);
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_for_a_place_ends_with_its_time_or_its_token_and_leaves_nothing(bool sameProcess)
    {
        var here = await StartAsync();
        var there = sameProcess ? here : await StartAsync();
        var two = new LockRequest { MaxHolders = 2 };
        var held = new[] { await Apart(() => here.Locks.AcquireAsync("n", two, Ending).AsTask()), await Apart(() => here.Locks.AcquireAsync("n", two, Ending).AsTask()) };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        var cancelled = Apart(() => there.Locks.AcquireAsync("n", two, patience.Token).AsTask());

        await Assert.ThrowsAsync<LockTimeoutException>(
            () => Apart(() => there.Locks.AcquireAsync("n", two with { Timeout = TimeSpan.FromMilliseconds(100) }, Ending).AsTask()));
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        foreach (var handle in held)
        {
            await handle.DisposeAsync();
        }

        // A slice of the wait may still be at the server; it gives back what it is granted.
        for (var i = 0; i < 2; i++)
        {
            Assert.True((await Apart(() => here.Locks.AcquireAsync("n", two, Ending).AsTask())).IsHeld);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task An_impossible_number_of_holders_is_refused_before_anything_is_asked(int holders)
    {
        var locks = Build().Locks;

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => locks.AcquireAsync("n", new LockRequest { MaxHolders = holders }, Ending).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => locks.AcquireAsync("n", new LockRequest { MaxHolders = 2, Mode = LockMode.Shared }, Ending).AsTask());
    }

    /// <summary>Waits until so many callers of a replica wait for a name.</summary>
    private static async Task WaitersAsync(Replica replica, string name, int count)
    {
        while ((await replica.Locks.InspectAsync(name, Ending)).Waiters < count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Ending);
        }
    }
}
