namespace Coordination.UnitTests.Sessions;

public sealed class LeaseSessionJoinTests
{
    private static CoordinationUnavailableException Away => new("The server is away. Start it.");

    [Fact]
    public async Task Joining_ends_when_the_group_has_us()
    {
        await using var house = new LeaseHouse();
        Assert.Equal(MembershipState.Joining, house.Session.State);

        var joining = house.Session.JoinAsync(TestContext.Current.CancellationToken);
        var attempt = await house.Backend.AttemptAsync();
        Assert.Equal(MembershipState.Joining, house.Session.State);
        Assert.False(joining.IsCompleted);
        attempt.Open(house.NewSession(7));
        await joining.InTime();

        Assert.Equal(MembershipState.Joined, house.Session.State);
        Assert.Equal(7, house.Session.MemberNumber);
        Assert.Equal(new ViewNumber(1, 7), house.Views.Current.Number);
        Assert.True(house.Session.Lease.IsOpen);
        Assert.Equal(["join asked", "locks of session 7 opened"], house.Journal.Lines);
    }

    [Fact]
    public async Task An_observer_observes()
    {
        await using var house = new LeaseHouse(observe: true);

        await house.JoinAsync(house.NewSession(0));

        Assert.Equal(MembershipState.Observing, house.Session.State);
        Assert.Equal(0, house.Session.MemberNumber);
    }

    [Fact]
    public async Task Joining_twice_makes_one_member()
    {
        await using var house = new LeaseHouse();
        var first = house.Session.JoinAsync(TestContext.Current.CancellationToken);
        var second = house.Session.JoinAsync(TestContext.Current.CancellationToken);

        (await house.Backend.AttemptAsync()).Open(house.NewSession());

        await Task.WhenAll(first, second).InTime();
        await house.Session.JoinAsync(TestContext.Current.CancellationToken).InTime();
        Assert.Equal(0, house.Backend.Untouched);
    }

    [Fact]
    public async Task A_server_that_is_away_is_tried_again_after_a_rest()
    {
        await using var house = new LeaseHouse();
        var joining = house.Session.JoinAsync(TestContext.Current.CancellationToken);

        for (var i = 0; i < 8; i++)
        {
            (await house.Backend.AttemptAsync()).Refuse(Away);
            Assert.InRange(await house.RestAsync(), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1)); // a third of the grace
            Assert.Equal(Away.Message, house.Session.Report().LastError);
        }

        Assert.False(joining.IsCompleted);
        (await house.Backend.AttemptAsync()).Open(house.NewSession());
        await joining.InTime();
        Assert.Null(house.Session.Report().LastError);
    }

    [Fact]
    public async Task What_somebody_must_change_is_told_to_whoever_joins_and_the_attempts_go_on()
    {
        await using var house = new LeaseHouse();
        var joining = house.Session.JoinAsync(TestContext.Current.CancellationToken);
        var fault = new CoordinationConfigurationException("The password is wrong. Set the right one.");

        (await house.Backend.AttemptAsync()).Refuse(fault);

        Assert.Same(fault, await Assert.ThrowsAsync<CoordinationConfigurationException>(() => joining.InTime()));
        await house.RestAsync();
        var again = house.Session.JoinAsync(TestContext.Current.CancellationToken);
        (await house.Backend.AttemptAsync()).Open(house.NewSession());
        await again.InTime();
        Assert.Equal(MembershipState.Joined, house.Session.State);
    }

    [Fact]
    public async Task An_error_that_nobody_foresaw_does_not_end_the_attempts()
    {
        await using var house = new LeaseHouse();
        var joining = house.Session.JoinAsync(TestContext.Current.CancellationToken);

        (await house.Backend.AttemptAsync()).Refuse(new InvalidOperationException("a bug"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => joining.InTime());
        await house.RestAsync();
        (await house.Backend.AttemptAsync()).Open(house.NewSession());
        await house.Session.JoinAsync(TestContext.Current.CancellationToken).InTime();
    }

    [Fact]
    public async Task Who_stops_waiting_for_the_join_does_not_stop_the_join()
    {
        await using var house = new LeaseHouse();
        using var impatient = new CancellationTokenSource();
        var joining = house.Session.JoinAsync(impatient.Token);
        var attempt = await house.Backend.AttemptAsync();

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joining.InTime());
        attempt.Open(house.NewSession());
        await house.Session.JoinAsync(TestContext.Current.CancellationToken).InTime();
    }

    [Fact]
    public async Task A_session_that_ends_before_it_is_taken_over_is_not_believed_in()
    {
        await using var house = new LeaseHouse();
        var session = house.NewSession(7);
        var joining = house.Session.JoinAsync(TestContext.Current.CancellationToken);
        var attempt = await house.Backend.AttemptAsync();
        session.Events = attempt.Events;

        session.End("The connection was reset.");
        attempt.Open(session);
        await joining.InTime();

        await house.AttachAsync(7);
        await session.Disposed.InTime();
        Assert.Equal(MembershipState.Suspect, house.Session.State);
        Assert.Throws<CoordinationUnavailableException>(() => house.Session.Lease);
        Assert.Equal(
            ["join asked", "locks of session 7 closed", "session 7 disposed", "locks of session 7 opened", "attach asked"],
            house.Journal.Lines);
    }

    [Fact]
    public async Task The_end_of_a_session_that_was_given_up_long_ago_does_not_hide_the_early_end_of_a_new_one()
    {
        await using var house = new LeaseHouse();
        var old = await house.JoinAsync(house.NewSession(7));
        old.End("The connection was reset.");
        var between = house.NewSession(7);
        (await house.AttachAsync(7)).Open(between);
        await house.JoinedAgainAsync();
        between.End("The connection was reset.");
        var session = house.NewSession(7);
        var attempt = await house.AttachAsync(7);
        session.Events = attempt.Events;

        session.End("The connection was reset.");
        old.End("A read that came back only now."); // two sessions ago
        attempt.Open(session);

        await house.AttachAsync(7);
        await session.Disposed.InTime();
    }

    [Fact]
    public async Task A_session_that_cannot_be_taken_over_is_closed_before_the_next_one_is_opened()
    {
        await using var house = new LeaseHouse();
        var session = house.NewSession(7);
        var joining = house.Session.JoinAsync(TestContext.Current.CancellationToken);
        house.Owner.Refusal = new InvalidDataException("a fault of ours");

        (await house.Backend.AttemptAsync()).Open(session);

        await session.Disposed.InTime();
        await Assert.ThrowsAsync<InvalidDataException>(() => joining.InTime());
        house.Owner.Refusal = null;
        await house.RestAsync();
        (await house.Backend.AttemptAsync()).Open(house.NewSession(8));
        await house.Session.JoinAsync(TestContext.Current.CancellationToken).InTime();
        Assert.Equal(8, house.Session.MemberNumber);
    }

    [Fact]
    public async Task Views_that_cannot_be_read_do_not_keep_us_out()
    {
        await using var house = new LeaseHouse();
        var session = house.NewSession();
        session.OnReadChanges = static _ => throw new InvalidOperationException("a row that nobody understands");

        await house.JoinAsync(session);

        Assert.Equal(MembershipState.Joined, house.Session.State);
    }

    [Fact]
    public void Before_the_start_every_question_is_refused_with_the_remedy()
    {
        var house = new LeaseHouse();

        var error = Assert.Throws<CoordinationUnavailableException>(() => house.Session.Lease);

        Assert.Contains("has not started", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, house.Session.MemberNumber);
    }
}
