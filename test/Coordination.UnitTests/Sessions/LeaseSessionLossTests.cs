using Coordination.Backends;
using Coordination.UnitTests.Membership;

namespace Coordination.UnitTests.Sessions;

public sealed class LeaseSessionLossTests
{
    [Fact]
    public async Task A_member_whose_connection_broke_comes_back_under_its_number()
    {
        await using var house = new LeaseHouse();
        var broken = await house.JoinAsync(house.NewSession(7));
        var lost = house.Views.OutToken;

        broken.End("The connection was reset.");

        var attempt = await house.AttachAsync(7);
        Assert.Equal(MembershipState.Suspect, house.Session.State);
        Assert.Equal(house.Views.Seen, attempt.Seen);
        var opened = house.NewSession(7);
        attempt.Open(opened);
        await house.JoinedAgainAsync();
        Assert.Equal(MembershipState.Joined, house.Session.State);
        Assert.Equal(7, house.Session.MemberNumber);
        Assert.Equal(1, house.Session.Report().Reconnects);
        Assert.False(lost.IsCancellationRequested);
        Assert.Equal(0, house.UnseenLosses);
    }

    [Fact]
    public async Task Locks_are_closed_before_anything_else_is_asked_of_the_server()
    {
        await using var house = new LeaseHouse();
        var broken = await house.JoinAsync(house.NewSession(7));

        broken.End("The connection was reset.");

        await house.AttachAsync(7);
        Assert.Equal(
            ["join asked", "locks of session 7 opened", "locks of session 7 closed", "session 7 disposed", "attach asked"],
            house.Journal.Lines);
    }

    [Fact]
    public async Task Coming_back_is_tried_until_it_works()
    {
        await using var house = new LeaseHouse();
        (await house.JoinAsync(house.NewSession(7))).End("The connection was reset.");

        for (var i = 0; i < 5; i++)
        {
            (await house.AttachAsync(7)).Refuse(new CoordinationConfigurationException("Somebody revoked a privilege. Grant it."));
            await house.RestAsync();
        }

        var opened = house.NewSession(7);
        (await house.AttachAsync(7)).Open(opened);
        await house.JoinedAgainAsync();
        Assert.Equal(MembershipState.Joined, house.Session.State);
    }

    [Fact]
    public async Task Whoever_fails_when_it_is_told_of_a_loss_does_not_keep_the_member_from_joining_anew()
    {
        await using var house = new LeaseHouse();
        var broken = await house.JoinAsync(house.NewSession(7));
        house.Session.LeaseLost += _ => throw new InvalidOperationException("A listener of the lease fails.");
        broken.End("The connection was reset.");

        (await house.AttachAsync(7)).Gone();

        Assert.Contains("without this member", await house.LeaseLostAsync(), StringComparison.Ordinal);
        var attempt = await house.Backend.AttemptAsync();
        Assert.Null(attempt.MemberNumber);
        attempt.Open(house.NewSession(8));
        await house.JoinedAgainAsync();
        Assert.Equal(MembershipState.Joined, house.Session.State);
        Assert.Single(house.Log.Lines, line => line.Contains("failed when it was told", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_fails_when_it_is_told_that_a_lease_ran_out_does_not_end_the_watchdog()
    {
        await using var house = new LeaseHouse();
        await house.JoinAsync(house.NewSession(7));
        house.Session.LeaseLost += _ => throw new InvalidOperationException("A listener of the lease fails.");

        house.Time.Advance(LeaseHouse.Trust);

        Assert.Contains("ran out", await house.LeaseLostAsync(), StringComparison.Ordinal);
        (await house.AttachAsync(7)).Open(house.NewSession(7));
        await house.JoinedAgainAsync();

        house.Time.Advance(LeaseHouse.Trust); // nobody asks: only a watchdog that is still there can say so

        Assert.Contains("ran out", await house.LeaseLostAsync(), StringComparison.Ordinal);
        Assert.Contains(house.Log.Lines, line => line.Contains("failed when it was told", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_the_group_has_gone_on_we_are_lost_and_join_anew_under_a_new_number()
    {
        await using var house = new LeaseHouse();
        var broken = await house.JoinAsync(house.NewSession(7));
        var lost = house.Views.OutToken;
        broken.End("The connection was reset.");

        (await house.AttachAsync(7)).Gone();

        Assert.Contains("without this member", await house.LeaseLostAsync(), StringComparison.Ordinal);
        var attempt = await house.Backend.AttemptAsync();
        Assert.Null(attempt.MemberNumber);
        Assert.Equal(house.Views.Seen, attempt.Seen); // a server that was set back is found out by new members too
        Assert.NotEqual(default, attempt.Seen);
        Assert.True(lost.IsCancellationRequested);
        Assert.Equal(MembershipState.Lost, house.Session.State);
        var opened = house.NewSession(8);
        attempt.Open(opened);
        await house.JoinedAgainAsync();
        Assert.Equal(8, house.Session.MemberNumber);
        Assert.Equal(MembershipState.Joined, house.Session.State);
        Assert.False(house.Views.OutToken.IsCancellationRequested);
    }

    [Fact]
    public async Task A_beat_that_says_gone_ends_the_lease_and_nobody_tries_to_come_back_as_the_dead_one()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync(house.NewSession(7));
        var lease = house.Session.Lease;

        session.Beat(Standing.Gone);

        Assert.False(lease.IsOpen); // at once, on the thread that brought the news
        await house.LeaseLostAsync();
        Assert.Null((await house.Backend.AttemptAsync()).MemberNumber);
        await session.Disposed.InTime();
    }

    [Fact]
    public async Task A_server_that_became_a_standby_is_not_believed()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync(house.NewSession(7));

        session.Beat(Standing.Standby);

        Assert.Equal(MembershipState.Suspect, house.Session.State);
        await house.AttachAsync(7); // the membership is in the database and goes on
        Assert.Equal(0, house.UnseenLosses);
    }

    [Fact]
    public async Task Silence_ends_the_lease_at_its_deadline_without_anybody_asking()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync(house.NewSession(7));

        house.Time.Advance(LeaseHouse.Trust);

        Assert.Contains("ran out", await house.LeaseLostAsync(), StringComparison.Ordinal);
        await session.Disposed.InTime();
        await house.AttachAsync(7);
    }

    [Fact]
    public async Task Beats_that_are_answered_keep_the_lease()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync();

        for (var i = 0; i < 20; i++)
        {
            house.Time.Advance(LeaseHouse.LeaseTime / 2);
            session.Beat();
            Assert.Equal(MembershipState.Joined, house.Session.State);
        }

        Assert.Equal(LeaseHouse.Trust, house.Session.Report().LeaseRemaining);
        Assert.Equal(0, house.UnseenLosses);
    }

    [Fact]
    public async Task A_beat_that_is_answered_too_late_ends_the_lease()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync(house.NewSession(7));
        house.Time.Advance(LeaseHouse.LeaseTime / 2);
        var sentAt = Moment.Now(house.Time);
        house.Time.Advance(LeaseHouse.LeaseTime / 2); // the server kept us, but others may have seen us lost

        session.Beat(Standing.Good, sentAt);

        await house.LeaseLostAsync();
        await house.AttachAsync(7);
        Assert.Equal(0, house.UnseenLosses);
    }

    [Fact]
    public async Task A_process_that_was_frozen_says_lost_before_anything_of_ours_has_run()
    {
        await using var house = new LeaseHouse();
        await house.JoinAsync();
        var lease = house.Session.Lease;

        house.Time.SetWall(TimeSpan.FromMinutes(1)); // no timer fires: only clocks have moved

        Assert.Equal(MembershipState.Lost, house.Session.State);
        Assert.False(lease.IsOpen);
        Assert.Throws<CoordinationUnavailableException>(() => house.Session.Lease);
    }

    [Fact]
    public async Task A_lease_that_runs_out_while_we_try_to_come_back_is_lost_once()
    {
        await using var house = new LeaseHouse();
        (await house.JoinAsync(house.NewSession(7))).End("The connection was reset.");
        var attempt = await house.AttachAsync(7);
        Assert.Equal(0, house.UnseenLosses);

        house.Time.Advance(LeaseHouse.Trust);

        await house.LeaseLostAsync();
        Assert.Equal(MembershipState.Lost, house.Session.State);
        var opened = house.NewSession(7);
        attempt.Open(opened);
        await house.JoinedAgainAsync();
        Assert.Equal(MembershipState.Joined, house.Session.State);
        Assert.Equal(0, house.UnseenLosses);
    }

    [Fact]
    public async Task A_beat_that_knows_a_newer_view_brings_that_view()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync(house.NewSession(1));
        session.OnReadChanges = static _ => Task.FromResult<IReadOnlyList<ViewChanges>?>([Members.Joined(2, "bob", 2)]);
        var watcher = house.Views.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await watcher.MoveNextAsync().InTime();

        session.Beat(view: new ViewNumber(1, 2));

        Assert.True(await watcher.MoveNextAsync().InTime());
        Assert.Equal(new ViewNumber(1, 2), watcher.Current.Number);
    }

    [Fact]
    public async Task Beats_and_the_end_of_a_session_that_was_given_up_change_nothing()
    {
        await using var house = new LeaseHouse();
        var old = await house.JoinAsync(house.NewSession(7));
        old.End("The connection was reset.");
        var opened = house.NewSession(7);
        (await house.AttachAsync(7)).Open(opened);
        await house.JoinedAgainAsync();

        old.Beat(Standing.Gone);
        old.End("late");

        Assert.Equal(MembershipState.Joined, house.Session.State);
        Assert.True(house.Session.Lease.IsOpen);
        Assert.Equal(0, house.UnseenLosses);
    }

    [Fact]
    public async Task What_many_threads_find_out_at_once_is_told_once()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync(house.NewSession(7));
        house.Time.SetWall(TimeSpan.FromMinutes(1));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            if (i % 2 == 0)
            {
                session.Beat();
            }
            else
            {
                session.End("The connection was reset.");
            }
        }))).InTime();

        await house.LeaseLostAsync();
        await house.AttachAsync(7);
        Assert.Equal(0, house.UnseenLosses);
        Assert.Single(house.Journal.Lines, line => line == "locks of session 7 closed");
    }
}
