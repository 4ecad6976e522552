using Coordination.Backends;
using Coordination.Locks;
using Coordination.UnitTests.Backends.Scripted;

namespace Coordination.UnitTests.Locks;

/// <summary>A lock that lives on the connection that waited for it.</summary>
public sealed class LockHomeTests
{
    private readonly LockHouse _house = new();
    private readonly ScriptedHome _home;

    public LockHomeTests() => _home = new ScriptedHome(_house.Time, new Journal());

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_held_and_given_back_there()
    {
        var held = await WonAsync("n");
        Assert.True(held.IsHeld);
        Assert.Single(_house.Lease.Homes);

        var releasing = held.ReleaseAsync(Ending).AsTask();
        await ReleaseAtHomeAsync();

        Assert.Equal(ReleaseOutcome.Released, await releasing.InTime());
        Assert.Empty(_house.Lease.Homes);
        _house.AssertEmpty();
    }

    [Fact]
    public async Task After_a_release_those_who_wait_here_stand_in_line_again_without_a_try()
    {
        var held = await WonAsync("n");
        var next = _house.AcquireAsync("n");
        _house.Time.Advance(TimeSpan.FromSeconds(1)); // held for so long that it is not passed on here

        var releasing = held.DisposeAsync().AsTask();
        await ReleaseAtHomeAsync();
        await releasing.InTime();

        (await _house.Session.WaitingAsync()).Grant(_house.NextToken());
        Assert.True((await next.InTime()).IsHeld);
    }

    [Fact]
    public async Task It_is_passed_on_here_as_one_of_the_session_is()
    {
        var held = await WonAsync("n");
        var next = _house.AcquireAsync("n");

        await held.DisposeAsync().AsTask().InTime();

        Assert.True((await next.InTime()).Token > held.Token);
        Assert.Single(_house.Lease.Homes);
    }

    [Fact]
    public async Task It_is_told_once_that_the_last_of_those_here_is_near()
    {
        var held = await WonAsync("n");
        var asked = Enumerable.Range(1, HandOver.MostExclusive).Select(_ => _house.AcquireAsync("n")).ToList();

        for (var passedOn = 1; passedOn < HandOver.MostExclusive; passedOn++)
        {
            Assert.Equal(passedOn > HandOver.MostExclusive - HandOver.Notice - 1 ? 1 : 0, _home.Expected);
            await held.DisposeAsync().AsTask().InTime();
            held = await asked[passedOn - 1].InTime();
        }

        Assert.Equal(1, _home.Expected);
    }

    [Fact]
    public async Task Whoever_only_tries_while_it_is_given_back_gets_an_answer_and_no_place_in_line()
    {
        var held = await WonAsync("n");
        var releasing = held.DisposeAsync().AsTask();
        var trying = _house.TryAcquireAsync("n");

        await ReleaseAtHomeAsync();
        await releasing.InTime();
        (await _house.TriedAsync()).Complete(null);

        Assert.Null(await trying.InTime());
        _house.AssertEmpty();
    }

    [Fact]
    public async Task When_the_connection_ends_its_holder_is_told_and_nobody_elses()
    {
        var held = await WonAsync("n");
        var other = await _house.HoldAsync("other");
        var lost = held.Lost;

        EndHome();

        Assert.True(lost.IsCancellationRequested);
        Assert.False(held.IsHeld);
        Assert.True(other.IsHeld);
        Assert.False(other.Lost.IsCancellationRequested);
        Assert.Equal(ReleaseOutcome.WasLost, await held.ReleaseAsync(Ending).AsTask().InTime());
    }

    [Fact]
    public async Task When_the_connection_ends_those_who_wait_here_go_on_waiting()
    {
        await WonAsync("n");
        var next = _house.AcquireAsync("n");

        EndHome();
        await _house.GrantAsync();

        Assert.True((await next.InTime()).IsHeld);
    }

    [Fact]
    public async Task A_release_whose_answer_comes_after_the_connection_was_given_up_changes_nothing()
    {
        var held = await WonAsync("n");
        var releasing = held.ReleaseAsync(Ending).AsTask();
        var release = await _home.CommandAsync();
        var next = _house.AcquireAsync("n");

        EndHome();
        Assert.Equal(ReleaseOutcome.WasLost, await releasing.InTime());
        var tried = await _house.TriedAsync();
        release.Complete(1); // late, while the entry asks for somebody else

        tried.Complete(_house.NextToken());
        Assert.True((await next.InTime()).IsHeld);
    }

    [Fact]
    public async Task Time_that_ran_out_is_seen_at_the_first_look()
    {
        var held = await WonAsync("n");
        _house.Time.Advance(TimeSpan.FromSeconds(8.9));
        _house.Lease.Clock.TryRenew(Moment.Now(_house.Time)); // the session itself is heard of
        Assert.True(held.IsHeld);

        _house.Time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.False(held.IsHeld);
        Assert.True(held.Lost.IsCancellationRequested);
        _home.HeardAt = Moment.Now(_house.Time); // an answer that comes too late
        Assert.False(held.IsHeld);
    }

    [Fact]
    public async Task It_is_confirmed_by_the_session_and_the_connection()
    {
        var held = await WonAsync("n");

        Assert.True(await held.ConfirmAsync(Ending).AsTask().InTime());
        _home.Confirms = false;
        Assert.False(await held.ConfirmAsync(Ending).AsTask().InTime());
    }

    [Fact]
    public async Task A_connection_that_ended_before_anybody_heard_of_its_lock_gives_none()
    {
        var asked = _house.AcquireAsync("n");
        var wait = await _house.BusyAsync();
        _home.IsOver = true;

        wait.Grant(_house.NextToken(), _home);

        await _house.GrantAsync(); // it is asked for anew
        Assert.True((await asked.InTime()).IsHeld);
        Assert.Empty(_house.Lease.Homes);
    }

    [Fact]
    public async Task The_whole_lease_takes_it_along()
    {
        var held = await WonAsync("n");

        _house.Lose();

        Assert.True(held.Lost.IsCancellationRequested);
        Assert.Equal(ReleaseOutcome.WasLost, await held.ReleaseAsync(Ending).AsTask().InTime());
    }

    private async Task<ILockHandle> WonAsync(string name)
    {
        var asked = _house.AcquireAsync(name);
        (await _house.BusyAsync()).Grant(_house.NextToken(), _home);
        return await asked.InTime();
    }

    private async Task ReleaseAtHomeAsync()
    {
        var release = await _home.CommandAsync();
        Assert.True(release.IsRelease);
        release.Complete(1);
    }

    private void EndHome()
    {
        var home = Assert.Single(_house.Lease.Homes);
        _home.IsOver = true;
        Assert.True(home.TryEnd());
        _house.Engine.HomeClosed(_house.Lease, home, "The connection was reset.");
        _house.Lease.Close(home);
    }
}
