using Coordination.UnitTests.Backends.Scripted;

namespace Coordination.UnitTests.Locks;

/// <summary>Answers that come when they do not count any more.</summary>
public sealed class LateAnswerTests
{
    private static readonly TimeSpan Longer = TimeSpan.FromSeconds(30);

    private readonly LockHouse _house = new();

    [Fact]
    public async Task A_grant_that_lay_in_the_socket_of_a_frozen_process_becomes_no_handle()
    {
        var asked = _house.AcquireAsync("n");
        var command = await _house.TriedAsync();
        _house.Time.Advance(Longer); // the server has ended the session meanwhile, and nobody here has looked yet

        command.Complete(_house.NextToken());
        _house.Lose();

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => asked.InTime());
    }

    [Fact]
    public async Task A_shared_lock_that_the_clock_has_ended_is_not_called_released()
    {
        var one = await _house.HoldAsync("n", LockMode.Shared);
        await _house.AcquireAsync("n", new LockRequest { Mode = LockMode.Shared }).InTime();
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var callback = one.Lost.Register(fired.SetResult);
        _house.Time.Advance(Longer);

        Assert.Equal(ReleaseOutcome.WasLost, await one.ReleaseAsync(TestContext.Current.CancellationToken).AsTask().InTime());
        await fired.Task.InTime();
        await _house.Log.LoggedAsync("LockLost");
        Assert.Equal(1, _house.Locks.Held); // the other one, until the watchdog ends the lease
    }

    [Fact]
    public async Task The_answer_of_a_connection_that_was_given_up_does_not_touch_the_next_holder()
    {
        var home = new ScriptedHome(_house.Time, new Journal());
        var third = await _house.HoldAsync("third");
        var asked = _house.AcquireAsync("n");
        (await _house.BusyAsync()).Grant(_house.NextToken(), home);
        var held = await asked.InTime();
        var releasing = held.ReleaseAsync(TestContext.Current.CancellationToken).AsTask();
        var release = await home.CommandAsync(); // the unlock hangs in the network
        var lease = _house.Lease.Find(home)!;
        lease.TryEnd();
        _house.Engine.HomeClosed(_house.Lease, lease, "It was silent.");
        _house.Lease.Close(lease);
        Assert.Equal(ReleaseOutcome.WasLost, await releasing.InTime());
        var thirdReleasing = third.ReleaseAsync(TestContext.Current.CancellationToken).AsTask();
        (await _house.ReleasedAsync()).Complete(1); // so that the key gets another entry than before
        await thirdReleasing.InTime();
        var again = await _house.HoldAsync("n");

        release.Complete(1);

        var next = _house.AcquireAsync("n");
        Assert.True(again.IsHeld);
        Assert.False(next.IsCompleted);
        Assert.Equal(0, _house.Session.UnseenCommands); // the server would say yes: it knows one session
    }

    [Fact]
    public async Task A_caller_whose_own_context_refuses_the_word_costs_nobody_the_lock()
    {
        var asked = AskInRefusingContext("n");
        var wait = await _house.BusyAsync();

        wait.Grant(_house.NextToken());

        await _house.Log.LoggedAsync("CallerNotTold");
        Assert.Equal(1, _house.Locks.Held);
        var next = _house.AcquireAsync("n");
        Assert.False(next.IsCompleted);
        Assert.Equal(0, _house.Session.UnseenCommands);
        Assert.False(asked.IsCompleted);
    }

    private Task<ILockHandle> AskInRefusingContext(string name)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new RefusingContext());
        try
        {
            return _house.Apart(async () => await _house.Locks.AcquireAsync(name));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private sealed class RefusingContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => throw new InvalidOperationException("This window is closed.");
    }
}
