namespace Coordination.IntegrationTests.Contracts;

/// <summary>Several locks as one.</summary>
public abstract partial class LockContract
{
    [Fact(Timeout = Limit)]
    public async Task Several_names_are_held_as_one_and_given_back_as_one()
    {
        var (here, there) = (await StartAsync(), await StartAsync());

        var held = await here.Locks.AcquireAllAsync(["b", "a", "b", "c"], cancellationToken: Ending);

        Assert.True(held.IsHeld && await held.ConfirmAsync(Ending));
        foreach (var name in new[] { "a", "b", "c" })
        {
            Assert.Null(await there.Locks.TryAcquireAsync(name, cancellationToken: Ending));
        }

        Assert.Equal(ReleaseOutcome.Released, await held.ReleaseAsync(Ending));
        Assert.Equal(ReleaseOutcome.Released, await held.ReleaseAsync(Ending));
        Assert.NotNull(await there.Locks.TryAcquireAllAsync(["a", "b", "c"], cancellationToken: Ending));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task If_one_of_several_is_busy_none_is_held(bool sameProcess)
    {
        var here = await StartAsync();
        var there = sameProcess ? here : await StartAsync();
        await using var busy = await there.Locks.AcquireAsync("b", cancellationToken: Ending);

        Assert.Null(await Apart(() => here.Locks.TryAcquireAllAsync(["a", "b", "c"], cancellationToken: Ending).AsTask()));
        var error = await Assert.ThrowsAsync<LockTimeoutException>(() => Apart(() =>
            here.Locks.AcquireAllAsync(["a", "b", "c"], new LockRequest { Timeout = TimeSpan.FromSeconds(1) }, Ending).AsTask()));

        Assert.Equal("b", error.Name.Value);
        Assert.NotNull(await there.Locks.TryAcquireAllAsync(["a", "c"], cancellationToken: Ending));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Several_names_are_waited_for_until_the_last_is_free(bool sameProcess)
    {
        var here = await StartAsync();
        var there = sameProcess ? here : await StartAsync();
        var busy = new[] { await there.Locks.AcquireAsync("a", cancellationToken: Ending), await there.Locks.AcquireAsync("c", cancellationToken: Ending) };

        var all = Apart(() => here.Locks.AcquireAllAsync(["a", "b", "c"], cancellationToken: Ending).AsTask());
        await busy[0].DisposeAsync();
        Assert.False(all.IsCompleted);
        await busy[1].DisposeAsync();

        await using var held = await all;
        Assert.True(held.Token > busy.Max(handle => handle.Token));
    }

    [Fact(Timeout = Limit)]
    public async Task Sets_that_overlap_in_any_order_never_wait_for_each_other_and_exclude_each_other()
    {
        var replicas = new[] { await StartAsync(), await StartAsync() };
        string[] names = ["a", "b", "c", "d", "e"];
        var inside = names.ToDictionary(name => name, _ => new int[1]);
        var last = names.ToDictionary(name => name, _ => new long[1]);

        await Task.WhenAll(Enumerable.Range(0, 12).Select(flow => Apart(async () =>
        {
            var random = new Random(flow);
            for (var round = 0; round < 25; round++)
            {
                LockName[] wanted = [.. names.OrderBy(_ => random.Next()).Take(3).Select(name => new LockName(name))];
                await using var held = await replicas[flow % 2].Locks.AcquireAllAsync(wanted, cancellationToken: Ending);
                foreach (var name in wanted)
                {
                    Assert.Equal(1, Interlocked.Increment(ref inside[name.Value][0]));
                    Assert.True(Interlocked.Exchange(ref last[name.Value][0], held.Token.Value) < held.Token.Value);
                }

                foreach (var name in wanted)
                {
                    Interlocked.Decrement(ref inside[name.Value][0]);
                }
            }
        })));
    }

    [Fact(Timeout = Limit)]
    public async Task A_cancelled_wait_for_several_leaves_nothing_held()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        await using var busy = await there.Locks.AcquireAsync("b", cancellationToken: Ending);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        var all = Apart(() => here.Locks.AcquireAllAsync(["a", "b", "c"], cancellationToken: patience.Token).AsTask());

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);

        // Waits: what was granted while the cancel was on its way is given back behind the caller's back. It does come back, or this never ends.
        Assert.NotNull(await there.Locks.AcquireAllAsync(["a", "c"], cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task Shared_sets_hold_together()
    {
        var (here, there) = (await StartAsync(), await StartAsync());

        await using var one = await here.Locks.TryAcquireAllAsync(["a", "b"], Shared, Ending);
        await using var two = await there.Locks.TryAcquireAllAsync(["b", "c"], Shared, Ending);

        Assert.NotNull(one);
        Assert.NotNull(two);
        Assert.Null(await there.Locks.TryAcquireAllAsync(["c", "b"], cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task A_flow_that_holds_one_of_several_is_told_at_once_and_none_is_taken()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        await using var held = await here.Locks.AcquireAsync("b", cancellationToken: Ending);
        await using var set = await here.Locks.AcquireAllAsync(["x", "y"], cancellationToken: Ending);

        Assert.Equal("b", (await Assert.ThrowsAsync<LockDeadlockException>(() => here.Locks.AcquireAllAsync(["a", "b"], cancellationToken: Ending).AsTask())).Name.Value);
        await Assert.ThrowsAsync<LockDeadlockException>(() => here.Locks.AcquireAsync("y", cancellationToken: Ending).AsTask());
        Assert.Null(await here.Locks.TryAcquireAllAsync(["a", "b"], cancellationToken: Ending));

        Assert.NotNull(await there.Locks.TryAcquireAsync("a", cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task No_names_and_the_default_name_are_refused_before_anything_is_asked()
    {
        var replica = await StartAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => replica.Locks.AcquireAllAsync([], cancellationToken: Ending).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => replica.Locks.TryAcquireAllAsync(null!, cancellationToken: Ending).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => replica.Locks.AcquireAllAsync(["a", default], cancellationToken: Ending).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => replica.Locks.AcquireAllAsync(["a"], new LockRequest { Timeout = TimeSpan.FromSeconds(-5) }, Ending).AsTask());

        Assert.NotNull(await replica.Locks.TryAcquireAsync("a", cancellationToken: Ending));
    }
}
