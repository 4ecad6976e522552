using Coordination.Backends;

namespace Coordination.UnitTests.Locks;

/// <summary>What is shown to the others, and what is found in it.</summary>
public sealed class LockBoardTests
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly LockHouse _house = new();

    [Fact]
    public async Task What_is_held_for_a_second_is_shown_by_name_until_it_is_released()
    {
        var held = await _house.HoldAsync("invoice-7");
        _house.Time.Advance(Look);
        Assert.Empty(_house.Session.Shown);

        _house.Time.Advance(Look);

        var note = Assert.Single(_house.Session.Shown).Value;
        Assert.Equal(("invoice-7", false, held.Token.Value), (note.Name, note.IsWaiting, note.Token));
        Assert.Equal(TimeSpan.FromSeconds(1), note.Age);
        var releasing = held.DisposeAsync().AsTask();
        (await _house.ReleasedAsync()).Complete(1);
        await releasing.InTime();
        _house.Time.Advance(Look);
        Assert.Empty(_house.Session.Shown);
    }

    [Fact]
    public async Task What_could_not_be_shown_or_taken_down_is_tried_again()
    {
        var held = await _house.HoldAsync("invoice-7");
        _house.Session.OnShow = static () => throw new CoordinationUnavailableException("The server is out of room.");
        _house.Time.Advance(2 * Look);
        _house.Session.OnShow = null;
        Assert.Empty(_house.Session.Shown);

        _house.Time.Advance(Look);
        Assert.Single(_house.Session.Shown);

        var releasing = held.DisposeAsync().AsTask();
        (await _house.ReleasedAsync()).Complete(1);
        await releasing.InTime();
        _house.Session.OnShow = static () => throw new CoordinationUnavailableException("The server is out of room.");
        _house.Time.Advance(Look);
        _house.Session.OnShow = null;
        _house.Time.Advance(Look);
        Assert.Empty(_house.Session.Shown);
    }

    [Fact]
    public async Task What_is_waited_for_is_shown_with_what_its_flow_holds_and_becomes_a_holder_under_the_same_number()
    {
        var outer = await _house.HoldAsync("outer");
        var asked = _house.Apart(async () =>
        {
            var first = _house.Locks.AcquireAsync("first");
            await _house.GrantAsync();
            await first;
            return await _house.Locks.AcquireAsync("second", new LockRequest { Reason = "closing the month" });
        });
        var wait = await _house.BusyAsync();
        _house.Time.Advance(Look);
        _house.Time.Advance(Look);

        var (id, note) = Assert.Single(_house.Session.Shown, shown => shown.Value.IsWaiting);
        Assert.Equal([_house.KeyOf("first")], note.Holds);
        Assert.Equal("closing the month", note.Reason);
        wait.Grant(_house.NextToken());
        await asked.InTime();
        _house.Time.Advance(Look); // held for less than a second now, and shown no more
        Assert.False(_house.Session.Shown.ContainsKey(id));
        Assert.True(outer.IsHeld);
    }

    [Fact]
    public async Task Flows_that_wait_for_each_other_lose_the_one_that_asked_last()
    {
        var (one, two) = (Chain("a", "b"), Chain("b", "a"));
        await one.Holds.InTime();
        await two.Holds.InTime();
        one.Go();
        await one.Waits.InTime();
        _house.Time.Advance(TimeSpan.FromMilliseconds(10));
        two.Go();
        await two.Waits.InTime();

        _house.Time.Advance(Look);
        _house.Time.Advance(Look);
        Assert.False(two.Done.IsCompleted);
        _house.Time.Advance(Look);

        (await _house.ReleasedAsync()).Complete(1); // the victim's own lock, which the other has waited for
        var error = await Assert.ThrowsAsync<LockDeadlockException>(() => two.Done.InTime());
        Assert.Equal("a", error.Name.Value);
        Assert.Contains("'a'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'b'", error.Message, StringComparison.Ordinal);
        await _house.GrantAsync();
        (await _house.ReleasedAsync()).Complete(1); // the other's first lock, at the end of its flow
        Assert.True((await one.Done.InTime()).IsHeld);
    }

    [Fact]
    public async Task A_deadlock_with_another_process_is_broken_here_when_ours_waits_last()
    {
        var chain = Chain("a", "b", isElsewhere: true);
        await chain.Holds.InTime();
        chain.Go();
        var wait = await _house.BusyAsync();
        _house.Session.OnReadShown = () =>
        [
            .. _house.Session.Shown.Values.Where(note => note.IsWaiting).Select(note => new ShownLock("here", IsOwn: true, "orders", "ann", _house.Time.GetUtcNow() - note.Age, note)),
            new ShownLock("there", IsOwn: false, "orders", "bob", DateTimeOffset.MinValue, new LockNote
            {
                Id = 1, Key = _house.KeyOf("a"), Name = "a", Mode = LockMode.Exclusive, IsWaiting = true, Age = TimeSpan.FromSeconds(9), Holds = [_house.KeyOf("b")],
            }),
        ];

        _house.Time.Advance(Look);
        _house.Time.Advance(Look);
        Assert.False(chain.Done.IsCompleted);
        _house.Time.Advance(Look);

        (await _house.ReleasedAsync()).Complete(1);
        var error = await Assert.ThrowsAsync<LockDeadlockException>(() => chain.Done.InTime());
        Assert.Contains("member 'bob' waits for 'a', which member 'ann' holds", error.Message, StringComparison.Ordinal);
        Assert.True(wait.IsCancelled);
    }

    [Fact]
    public async Task Waits_that_end_by_themselves_are_left_alone()
    {
        var held = await _house.HoldAsync("a");
        var waiting = _house.AcquireAsync("a");
        for (var i = 0; i < 10; i++)
        {
            _house.Time.Advance(Look);
        }

        var releasing = held.DisposeAsync().AsTask();
        (await _house.ReleasedAsync()).Complete(1);
        await releasing.InTime();
        await _house.GrantAsync();
        Assert.True((await waiting.InTime()).IsHeld);
    }

    [Fact]
    public async Task A_timeout_names_who_holds_the_lock()
    {
        await _house.HoldAsync("mine");
        _house.Session.OnInspect = _ => Task.FromResult(new LockInspection(IsHeld: true, "bob", Since: null, Waiters: 1));
        var here = _house.AcquireAsync("mine", new LockRequest { Timeout = TimeSpan.FromSeconds(1) });
        var there = _house.AcquireAsync("theirs", new LockRequest { Timeout = TimeSpan.FromSeconds(1) });
        await _house.BusyAsync();

        _house.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("ann", (await Assert.ThrowsAsync<LockTimeoutException>(() => here.InTime())).Holder);
        Assert.Equal("bob", (await Assert.ThrowsAsync<LockTimeoutException>(() => there.InTime())).Holder);
    }

    [Fact]
    public async Task A_timeout_does_not_wait_for_a_server_that_does_not_answer()
    {
        _house.Session.OnInspect = _ => new TaskCompletionSource<LockInspection>().Task;
        var asked = _house.AcquireAsync("n", new LockRequest { Timeout = TimeSpan.FromSeconds(1) });
        await _house.BusyAsync();

        _house.Time.Advance(TimeSpan.FromSeconds(1));
        _house.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null((await Assert.ThrowsAsync<LockTimeoutException>(() => asked.InTime())).Holder);
    }

    /// <summary>A flow that takes one lock, and when told so another.</summary>
    private ChainOfTwo Chain(string first, string second, bool isElsewhere = false)
    {
        var (holds, go, waits) = (NewSignal(), NewSignal(), NewSignal());
        var done = _house.Apart(async () =>
        {
            var asked = _house.Locks.AcquireAsync(first);
            await _house.GrantAsync();
            await using var held = await asked;
            holds.SetResult();
            await go.Task;
            var next = _house.Locks.AcquireAsync(second);
            waits.SetResult();
            return await next;
        });
        return new ChainOfTwo(holds.Task, () => go.SetResult(), isElsewhere ? Task.CompletedTask : waits.Task, done);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record ChainOfTwo(Task Holds, Action Go, Task Waits, Task<ILockHandle> Done);
}
