using Coordination.Backends;
using Coordination.Locks;
using Coordination.Sessions;
using Coordination.UnitTests.Backends.Scripted;

namespace Coordination.UnitTests.Locks;

public sealed class LockLossTests
{
    private readonly LockHouse _house = new();

    [Fact]
    public async Task Holders_are_told_before_the_loss_is_over()
    {
        var held = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => _house.HoldAsync($"n{i}")));
        var tokens = held.Select(handle => handle.Lost).ToList();
        Assert.All(tokens, lost => Assert.False(lost.IsCancellationRequested));

        _house.Lose();

        Assert.All(tokens, lost => Assert.True(lost.IsCancellationRequested));
        Assert.All(held, handle => Assert.False(handle.IsHeld));
        _house.AssertEmpty();
    }

    [Fact]
    public async Task A_token_that_is_read_after_the_loss_has_fired()
    {
        var held = await _house.HoldAsync("n");

        _house.Lose();

        Assert.True(held.Lost.IsCancellationRequested);
        await held.DisposeAsync().InTime();
        Assert.True(held.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Whoever_waits_is_refused_in_every_phase()
    {
        var tried = _house.AcquireAsync("tried");
        var command = await _house.TriedAsync();
        var inLine = _house.AcquireAsync("in line");
        var wait = await _house.BusyAsync();
        var held = await _house.HoldAsync("held");
        var behind = _house.AcquireAsync("held");
        var returned = await _house.HoldAsync("returned");
        _ = returned.DisposeAsync();
        await _house.ReleasedAsync();
        var next = _house.AcquireAsync("returned");

        _house.Lose("The connection was reset.");

        foreach (var asked in new[] { tried, inLine, behind, next })
        {
            var error = await Assert.ThrowsAsync<CoordinationUnavailableException>(() => asked.InTime());
            Assert.Contains("The connection was reset.", error.Message, StringComparison.Ordinal);
        }

        command.Complete(_house.NextToken()); // answers that come after the end change nothing
        wait.Grant(_house.NextToken());
        Assert.False(held.IsHeld);
        _house.AssertEmpty();
    }

    [Fact]
    public async Task Nobody_gets_a_lock_after_the_loss()
    {
        _house.Lose();

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => _house.AcquireAsync("n").InTime());

        _house.AssertEmpty();
    }

    [Fact]
    public async Task A_lease_whose_time_is_over_says_so_before_anything_has_run()
    {
        var held = await _house.HoldAsync("n");
        var unread = await _house.HoldAsync("unread");
        var lost = held.Lost;

        _house.Time.SetWall(TimeSpan.FromMinutes(1)); // frozen: no watchdog has run, no timer has fired

        Assert.False(held.IsHeld);
        Assert.True(unread.Lost.IsCancellationRequested);
        Assert.True(held.Lost.IsCancellationRequested);
        Assert.False(lost.IsCancellationRequested); // the one in hand fires when the watchdog runs
        _house.Lose();
        Assert.True(lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_lock_is_not_passed_on_when_the_lease_is_over()
    {
        var held = await _house.HoldAsync("n");
        var next = _house.AcquireAsync("n");
        _house.Time.SetWall(TimeSpan.FromMinutes(1));

        _ = held.DisposeAsync();

        Assert.Equal((0, 1), (_house.Locks.Held, _house.Locks.Waiting));
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task A_callback_that_throws_keeps_nobody_from_hearing()
    {
        var held = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => _house.HoldAsync($"n{i}")));
        var heard = 0;
        foreach (var handle in held)
        {
            handle.Lost.UnsafeRegister(_ => Interlocked.Increment(ref heard), null);
            handle.Lost.UnsafeRegister(_ => throw new InvalidOperationException("a callback's own fault"), null);
        }

        _house.Lose();

        Assert.Equal(5, Volatile.Read(ref heard));
        await _house.Log.LoggedAsync("LostCallbackFailed");
    }

    [Fact]
    public async Task More_callbacks_that_block_than_there_are_threads_keep_no_token_from_being_marked()
    {
        using var forever = new ManualResetEventSlim();
        var held = await Task.WhenAll(Enumerable.Range(0, 80).Select(i => _house.HoldAsync($"n{i}")));
        foreach (var handle in held)
        {
            handle.Lost.UnsafeRegister(state => ((ManualResetEventSlim)state!).Wait(), forever);
        }

        var tokens = held.Select(handle => handle.Lost).ToArray();
        try
        {
            _house.Lose();
            Assert.All(tokens, token => Assert.True(token.IsCancellationRequested)); // now: the session is let go of next
        }
        finally
        {
            forever.Set();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public async Task Callbacks_that_block_keep_nobody_from_hearing(int blocked)
    {
        using var forever = new ManualResetEventSlim();
        var held = await Task.WhenAll(Enumerable.Range(0, blocked + 5).Select(i => _house.HoldAsync($"n{i}")));
        foreach (var handle in held.Take(blocked))
        {
            handle.Lost.UnsafeRegister(state => ((ManualResetEventSlim)state!).Wait(), forever);
        }

        var heard = new CountdownEvent(held.Length);
        foreach (var handle in held)
        {
            handle.Lost.UnsafeRegister(_ => heard.Signal(), null); // registered last, called first
        }

        var losing = Task.Run(() => _house.Lose(), TestContext.Current.CancellationToken);
        try
        {
            await losing.InTime(); // bounded: whoever noticed the loss goes on to reconnect
            Assert.True(heard.Wait(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        }
        finally
        {
            forever.Set();
        }
    }

    [Fact]
    public async Task Callbacks_run_outside_the_table()
    {
        var held = await _house.HoldAsync("n");
        var other = await _house.HoldAsync("other");
        var outcome = default(Task<ReleaseOutcome>);
        held.Lost.UnsafeRegister(_ => outcome = other.ReleaseAsync().AsTask(), null); // would hang on the gate of the table

        _house.Lose();

        Assert.NotNull(outcome);
        Assert.Equal(ReleaseOutcome.WasLost, await outcome.InTime());
    }

    [Fact]
    public async Task A_grant_that_meets_the_loss_yields_a_lost_handle_or_none()
    {
        for (var round = 0; round < 200; round++)
        {
            var house = new LockHouse();
            var asked = house.AcquireAsync("n");
            var command = await house.TriedAsync();

            await Task.WhenAll(Task.Run(() => house.Lose()), Task.Run(() => command.Complete(Fence.Step))).InTime();

            try
            {
                var held = await asked.InTime();
                Assert.False(held.IsHeld);
                Assert.True(held.Lost.IsCancellationRequested);
            }
            catch (CoordinationUnavailableException)
            {
                // The loss came first.
            }

            house.AssertEmpty();
        }
    }

    [Fact]
    public async Task A_token_that_is_asked_for_while_the_lock_is_lost_fires()
    {
        for (var round = 0; round < 200; round++)
        {
            var house = new LockHouse();
            var held = await house.HoldAsync("n");

            var reading = Task.Run(() => held.Lost);
            house.Lose();

            Assert.True((await reading.InTime()).IsCancellationRequested);
        }
    }

    [Fact]
    public void A_lease_that_ended_while_it_was_handed_over_has_a_lost_table()
    {
        var time = new ManualTime();
        var engine = new LockEngine(new LockContext("ann", time, new LockJournal(time, _house.Log), PostsReleases: false));
        var session = new ScriptedSession(time, new Journal());
        var lease = new LiveLease(session, new LeaseClock(time, TimeSpan.FromSeconds(10), session.OpenedAt));
        lease.TryEnd("early");
        engine.Closed(lease); // before the table is there

        engine.Opened(lease);

        var claim = new LockClaim(engine.Table!, "n", LockKey.Single(1), ClaimTerms.Of(default, isTry: false), CancellationToken.None);
        engine.Table!.Ask(claim);
        Assert.Equal(ClaimState.Refused, claim.State);
    }

    [Fact]
    public async Task Locks_of_the_lease_before_stay_lost_when_the_next_one_opens()
    {
        var held = await _house.HoldAsync("n");
        _house.Lose();
        var session = new ScriptedSession(_house.Time, new Journal()) { OnPost = command => command.Complete(command.IsRelease ? 1 : 9 * Fence.Step) };
        _house.Engine.Opened(new LiveLease(session, new LeaseClock(_house.Time, TimeSpan.FromSeconds(10), session.OpenedAt)));

        var again = await _house.AcquireAsync("n").InTime();

        Assert.True(again.IsHeld);
        Assert.False(held.IsHeld);
        Assert.True(again.Token > held.Token);
        await held.DisposeAsync().InTime();
        Assert.True(again.IsHeld);
    }
}
