using Coordination.Backends;
using Coordination.Locks;

namespace Coordination.UnitTests.Locks;

/// <summary>Waits of flows of one process for each other.</summary>
public sealed class LocalDeadlocksTests
{
    private static readonly LockRequest Two = new() { MaxHolders = 2 };

    private readonly LockHouse _house = new();

    [Fact]
    public async Task A_crowd_before_a_wait_that_holds_something_costs_no_stack_and_no_square_of_its_size()
    {
        // Twenty thousand stack frames, or their square of steps, would end the process or the test here.
        const int Crowd = 20_000;
        await _house.HoldAsync("hot");
        for (var i = 0; i < Crowd; i++)
        {
            _ = _house.AcquireAsync("hot");
        }

        var waiting = HoldAndAskAsync("own", "hot");
        await _house.GrantAsync();
        await UntilWaitingAsync(Crowd + 1);

        await Task.Run(() => _house.Engine.Table!.BreakDeadlocks(TimeSpan.Zero), TestContext.Current.CancellationToken).InTime();

        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task A_long_circle_loses_one_wait_and_the_others_go_on()
    {
        const int Flows = 2_000;
        var all = NewSignal();
        var inside = 0;
        var flows = Enumerable.Range(0, Flows).Select(i => _house.Apart(async () =>
        {
            await using var own = await _house.Locks.AcquireAsync($"lock-{i}");
            if (Interlocked.Increment(ref inside) == Flows)
            {
                all.SetResult();
            }

            await all.Task;
            await using var next = await _house.Locks.AcquireAsync($"lock-{(i + 1) % Flows}");
            return true;
        })).ToList();
        for (var i = 0; i < Flows; i++)
        {
            await _house.GrantAsync();
        }

        await UntilWaitingAsync(Flows);
        _house.Engine.Table!.BreakDeadlocks(TimeSpan.Zero);

        for (var i = 0; i < Flows; i++)
        {
            (await _house.ReleasedAsync()).Complete(1); // each passes its second lock back, or its own
        }

        var refused = await Task.WhenAll(flows.Select(async flow => await Record.ExceptionAsync(() => flow.InTime())));
        Assert.IsType<LockDeadlockException>(Assert.Single(refused, error => error is not null));
    }

    [Fact]
    public async Task Nobody_is_stuck_behind_several_places_while_one_of_their_holders_waits_for_nothing()
    {
        GrantPlaces(2);
        var (hasPlace, hasLock, go) = (NewSignal(), NewSignal(), NewSignal());
        var first = _house.Apart(async () =>
        {
            await using var place = await _house.Locks.AcquireAsync("places", Two);
            hasPlace.SetResult();
            await go.Task;
            return await _house.Locks.AcquireAsync("lock");
        });
        await hasPlace.Task.InTime();
        var other = await _house.AcquireAsync("places", Two).InTime();
        var second = _house.Apart(async () =>
        {
            await using var own = await _house.Locks.AcquireAsync("lock");
            hasLock.SetResult();
            await go.Task;
            return await _house.Locks.AcquireAsync("places", Two);
        });
        await _house.GrantAsync();
        await hasLock.Task.InTime();
        go.SetResult();
        await UntilWaitingAsync(2);

        _house.Engine.Table!.BreakDeadlocks(TimeSpan.Zero);
        Assert.False(first.IsCompleted || second.IsCompleted);

        await other.DisposeAsync(); // passed on to the second, which then gives its lock back
        await second.InTime();
    }

    [Fact]
    public async Task All_places_held_by_flows_that_wait_are_a_deadlock()
    {
        GrantPlaces(2);
        var (hasLock, go) = (NewSignal(), NewSignal());
        List<Task<ILockHandle>> stuck = [];
        for (var i = 0; i < 2; i++)
        {
            var taken = NewSignal();
            stuck.Add(_house.Apart(async () =>
            {
                await _house.Locks.AcquireAsync("places", Two);
                taken.SetResult();
                await go.Task;
                return await _house.Locks.AcquireAsync("lock");
            }));
            await taken.Task.InTime();
        }

        stuck.Add(_house.Apart(async () =>
        {
            await _house.Locks.AcquireAsync("lock");
            hasLock.SetResult();
            await go.Task;
            return await _house.Locks.AcquireAsync("places", Two);
        }));
        await _house.GrantAsync();
        await hasLock.Task.InTime();
        go.SetResult();
        await UntilWaitingAsync(3);

        _house.Engine.Table!.BreakDeadlocks(TimeSpan.Zero);

        await Assert.ThrowsAsync<LockDeadlockException>(async () => await (await Task.WhenAny(stuck).InTime()));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task<ILockHandle> HoldAndAskAsync(string own, string wanted) => _house.Apart(async () =>
    {
        await _house.Locks.AcquireAsync(own);
        return await _house.Locks.AcquireAsync(wanted);
    });

    private void GrantPlaces(int count)
    {
        var places = PlaceKeys.Of(_house.KeyOf("places"), count);
        var taken = 0;
        _house.Session.OnTakePlace = _ => Task.FromResult<PlaceGrant?>(taken < count ? new PlaceGrant(places[taken++], _house.NextToken()) : null);
        _house.Session.OnWaitForPlace = static (_, _) => new TaskCompletionSource<PlaceGrant?>().Task;
    }

    private async Task UntilWaitingAsync(int callers)
    {
        using var hang = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (_house.Locks.Waiting < callers)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, hang.Token);
        }
    }
}
