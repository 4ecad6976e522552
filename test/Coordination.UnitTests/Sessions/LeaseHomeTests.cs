using Coordination.UnitTests.Backends.Scripted;

namespace Coordination.UnitTests.Sessions;

/// <summary>Connections beside the session, each with a lock and a deadline of its own.</summary>
public sealed class LeaseHomeTests
{
    [Fact]
    public async Task A_connection_that_is_not_answered_is_given_up_while_the_session_goes_on()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync();
        var home = new ScriptedHome(house.Time, house.Journal);
        var lease = house.Session.Lease;
        lease.Open(home);
        house.Time.Advance(LeaseHouse.Trust / 2);
        session.Beat();

        house.Time.Advance(LeaseHouse.Trust / 2);

        await home.Abandoned.InTime();
        Assert.Contains(house.Journal.Lines, line => line.StartsWith("home closed: The connection that keeps the lock was not answered", StringComparison.Ordinal));
        Assert.Empty(lease.Homes);
        Assert.True(lease.IsOpen);
    }

    [Fact]
    public async Task An_answer_in_time_is_believed()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync();
        var home = new ScriptedHome(house.Time, house.Journal);
        var opened = house.Session.Lease.Open(home);
        house.Time.Advance(LeaseHouse.Trust / 2);
        session.Beat();
        home.HeardAt = Moment(house);

        house.Time.Advance(LeaseHouse.Trust / 2);

        Assert.True(opened.IsOpen);
    }

    [Fact]
    public async Task A_connection_that_says_that_it_ended_is_closed_once()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync();
        var home = new ScriptedHome(house.Time, house.Journal);
        house.Session.Lease.Open(home);

        session.Events!.HomeEnded(session, home, new CoordinationUnavailableException("Reset by peer."));
        session.Events!.HomeEnded(session, home, new CoordinationUnavailableException("Reset by peer."));

        Assert.Equal("home closed: Reset by peer.", Assert.Single(house.Journal.Lines, line => line.StartsWith("home closed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Nobody_is_told_of_a_connection_that_nothing_lives_on()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync();

        session.Events!.HomeEnded(session, new ScriptedHome(house.Time, house.Journal), new CoordinationUnavailableException("Reset by peer."));

        Assert.DoesNotContain(house.Journal.Lines, line => line.StartsWith("home closed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_whose_deadline_comes_before_all_others_is_looked_at_when_it_comes()
    {
        await using var house = new LeaseHouse();
        var home = new ScriptedHome(house.Time, house.Journal);
        house.Time.Advance(TimeSpan.FromSeconds(2));
        await house.JoinAsync();
        await house.Time.TimerSetAsync(static due => due == LeaseHouse.Trust); // the session's

        house.Session.Lease.Open(home);

        await house.Time.TimerSetAsync(static due => due == LeaseHouse.Trust - TimeSpan.FromSeconds(2));
        house.Time.Advance(LeaseHouse.Trust - TimeSpan.FromSeconds(2));
        await home.Abandoned.InTime();
    }

    private static Coordination.Backends.Moment Moment(LeaseHouse house) => Coordination.Backends.Moment.Now(house.Time);
}
