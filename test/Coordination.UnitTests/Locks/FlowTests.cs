using Coordination.Backends;
using Coordination.Locks;

namespace Coordination.UnitTests.Locks;

/// <summary>A flow that would wait for itself. Here the locks are asked for in the test's own flow.</summary>
public sealed class FlowTests
{
    private static readonly LockRequest Shared = new() { Mode = LockMode.Shared };

    private readonly LockHouse _house = new(onPost: Grant);

    private LockProvider Locks => _house.Locks;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_holds_a_name_and_would_wait_for_it_is_told_at_once()
    {
        var held = await Locks.AcquireAsync("n", cancellationToken: Ending);

        var error = await Assert.ThrowsAsync<LockDeadlockException>(() => Locks.AcquireAsync("n", cancellationToken: Ending).AsTask().InTime());
        await Assert.ThrowsAsync<LockDeadlockException>(() => Locks.TryAcquireAsync("n", new LockRequest { Timeout = TimeSpan.FromHours(1) }, Ending).AsTask().InTime());

        Assert.Equal("n", error.Name.Value);
        Assert.Equal((1, 0), (Locks.Held, Locks.Waiting));
        Assert.True(held.IsHeld);
    }

    [Fact]
    public async Task Who_only_tries_is_told_that_it_is_busy()
    {
        await Locks.AcquireAsync("n", cancellationToken: Ending);

        Assert.Null(await Locks.TryAcquireAsync("n", cancellationToken: Ending).InTime());
    }

    [Fact]
    public async Task An_outer_lock_counts_as_the_innermost_does()
    {
        await Locks.AcquireAsync("outer", cancellationToken: Ending);
        await Locks.AcquireAsync("inner", cancellationToken: Ending);

        await Assert.ThrowsAsync<LockDeadlockException>(() => Locks.AcquireAsync("outer", cancellationToken: Ending).AsTask().InTime());
    }

    [Fact]
    public async Task A_flow_inherits_what_the_one_that_started_it_holds()
    {
        await Locks.AcquireAsync("n", cancellationToken: Ending);

        await Assert.ThrowsAsync<LockDeadlockException>(() => Task.Run(async () => await Locks.AcquireAsync("n")).InTime());
    }

    [Fact]
    public async Task Sibling_flows_wait_for_one_another()
    {
        var first = await _house.AcquireAsync("n").InTime();

        var second = _house.AcquireAsync("n");
        Assert.Equal((1, 1), (Locks.Held, Locks.Waiting));
        await first.DisposeAsync().InTime();

        Assert.True((await second.InTime()).IsHeld);
    }

    [Fact]
    public async Task What_a_called_method_took_and_released_is_not_held()
    {
        for (var round = 0; round < 3; round++)
        {
            await using var held = await Locks.AcquireAsync("n", cancellationToken: Ending);
            Assert.True(held.IsHeld);
        }
    }

    [Fact]
    public async Task Another_holder_of_the_same_name_is_waited_for_after_the_own_release()
    {
        var mine = await Locks.AcquireAsync("n", cancellationToken: Ending);
        await mine.DisposeAsync();
        var theirs = await _house.AcquireAsync("n").InTime();

        var again = Locks.AcquireAsync("n", cancellationToken: Ending).AsTask();
        Assert.Equal((1, 1), (Locks.Held, Locks.Waiting));
        await theirs.DisposeAsync().InTime();

        Assert.True((await again.InTime()).IsHeld);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(600)] // too old to be joined: the second request would wait for the first
    public async Task A_shared_holder_who_asks_again_is_told_the_same_at_any_age(int ageMilliseconds)
    {
        await Locks.AcquireAsync("n", Shared, Ending);
        _house.Time.Advance(TimeSpan.FromMilliseconds(ageMilliseconds));

        await Assert.ThrowsAsync<LockDeadlockException>(() => Locks.AcquireAsync("n", Shared, Ending).AsTask().InTime());
    }

    [Fact]
    public async Task A_lock_that_was_lost_is_not_held_by_the_flow()
    {
        await Locks.AcquireAsync("n", cancellationToken: Ending);
        var before = _house.Engine.Table;
        _house.Lose();

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => Locks.AcquireAsync("n", cancellationToken: Ending).AsTask().InTime());

        Assert.Same(before, _house.Engine.Table);
    }

    [Fact]
    public void Released_locks_fall_out_of_the_chain_also_when_each_is_taken_before_the_last_is_released()
    {
        var table = _house.Engine.Table!;
        var window = new Queue<LockClaim>();
        var newest = default(LockClaim);

        for (var i = 0; i < 1000; i++)
        {
            newest = new LockClaim(table, $"n{i}", LockKey.Single(i), ClaimTerms.Of(default, isTry: false), CancellationToken.None);
            Flow.Enter(newest);
            table.Ask(newest);
            window.Enqueue(newest);
            if (window.Count > 3)
            {
                table.Release(window.Dequeue());
            }
        }

        var length = 0;
        for (FlowNode? link = newest; link is not null; link = link.Outer)
        {
            length++;
        }

        Assert.InRange(length, 1, 4);
    }

    private static void Grant(LockCommand command) => command.Complete(command.IsRelease ? 1 : Fence.Step);
}
