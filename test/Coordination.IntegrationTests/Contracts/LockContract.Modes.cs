namespace Coordination.IntegrationTests.Contracts;

/// <summary>Shared and exclusive, and flows that would wait for themselves.</summary>
public abstract partial class LockContract
{
    [Fact(Timeout = Limit)]
    public async Task Shared_holders_hold_together_and_keep_an_exclusive_one_out()
    {
        var (here, there) = (await StartAsync(), await StartAsync());

        var one = await here.Locks.TryAcquireAsync("n", Shared, Ending);
        var two = await there.Locks.TryAcquireAsync("n", Shared, Ending);
        var three = await Apart(() => here.Locks.TryAcquireAsync("n", Shared, Ending).AsTask());
        Assert.Equal(3, new[] { one, two, three }.Select(handle => handle!.Token).Distinct().Count());

        foreach (var reader in new[] { one, two, three })
        {
            Assert.Null(await Apart(() => here.Locks.TryAcquireAsync("n", cancellationToken: Ending).AsTask()));
            Assert.Null(await Apart(() => there.Locks.TryAcquireAsync("n", cancellationToken: Ending).AsTask()));
            await reader!.DisposeAsync();
        }

        Assert.NotNull(await there.Locks.TryAcquireAsync("n", cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task An_exclusive_holder_keeps_shared_ones_out()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var writer = await here.Locks.AcquireAsync("n", cancellationToken: Ending);
        Assert.Null(await Apart(() => here.Locks.TryAcquireAsync("n", Shared, Ending).AsTask()));
        Assert.Null(await there.Locks.TryAcquireAsync("n", Shared, Ending));
        var readers = new[] { here, there, here, there }.Select(replica => Apart(() => replica.Locks.AcquireAsync("n", Shared, Ending).AsTask())).ToArray();

        await writer.DisposeAsync();

        Assert.All(await Task.WhenAll(readers), reader => Assert.True(reader.IsHeld)); // all four at once
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_of_readers_does_not_starve_a_writer(bool sameProcess)
    {
        var here = await StartAsync();
        var there = sameProcess ? here : await StartAsync();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        var first = await here.Locks.AcquireAsync("n", Shared, Ending);
        var overlapping = Enumerable.Range(0, 3).Select(_ => Apart(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await here.Locks.RunAsync("n", async (_, _) => await Task.Yield(), Shared, Ending);
            }
        })).ToArray();

        var writing = Apart(() => there.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask());
        await first.DisposeAsync();
        await using (var writer = await writing)
        {
            Assert.True(writer.IsHeld);
            await enough.CancelAsync();
        }

        await Task.WhenAll(overlapping);
    }

    [Fact(Timeout = Limit)]
    public async Task A_flow_that_asks_again_for_what_it_holds_is_told_at_once()
    {
        var replica = await StartAsync();
        var held = await replica.Locks.AcquireAsync("n", cancellationToken: Ending);

        var error = await Assert.ThrowsAsync<LockDeadlockException>(() => replica.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask());
        await Assert.ThrowsAsync<LockDeadlockException>(
            () => replica.Locks.TryAcquireAsync("n", new LockRequest { Timeout = TimeSpan.FromHours(1) }, Ending).AsTask());

        Assert.Equal("n", error.Name.Value);
        Assert.Null(await replica.Locks.TryAcquireAsync("n", cancellationToken: Ending)); // does not wait, so it is just busy
        Assert.Equal(ReleaseOutcome.Released, await held.ReleaseAsync(Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task A_flow_started_by_the_holder_would_wait_for_it_too_and_an_independent_one_waits()
    {
        var replica = await StartAsync();
        var held = await replica.Locks.AcquireAsync("n", cancellationToken: Ending);

        await Assert.ThrowsAsync<LockDeadlockException>(CallAsync);
        var other = Apart(() => replica.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask());
        Assert.False(other.IsCompleted);
        await held.DisposeAsync();

        Assert.True((await other).IsHeld);

        async Task CallAsync()
        {
            await Task.Yield();
            await using var _ = await replica.Locks.AcquireAsync("n", cancellationToken: Ending);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_flow_may_hold_many_names_and_take_a_released_one_again()
    {
        var replica = await StartAsync();
        for (var round = 0; round < 3; round++)
        {
            await using var outer = await replica.Locks.AcquireAsync("outer", cancellationToken: Ending);
            await using var inner = await replica.Locks.AcquireAsync("inner", cancellationToken: Ending);
            Assert.True(outer.IsHeld && inner.IsHeld);
        }
    }
}
