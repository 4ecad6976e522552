using Coordination.Backends;
using Coordination.Sessions;

namespace Coordination.UnitTests.Sessions;

public sealed class LeaseClockTests
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(0, 9, true)] // a tenth shorter than the server's own count
    [InlineData(8.999, 0.001, true)]
    [InlineData(9, 0, false)]
    [InlineData(60, -51, false)]
    public void Closes_a_tenth_before_the_server_would(double secondsSinceSent, double remaining, bool isOpen)
    {
        var clock = new LeaseClock(_time, LeaseTime, Moment.Now(_time));

        _time.Advance(TimeSpan.FromSeconds(secondsSinceSent));

        Assert.Equal(TimeSpan.FromSeconds(remaining), clock.Remaining);
        Assert.Equal(isOpen, clock.IsOpen);
    }

    [Fact]
    public void A_renewal_counts_from_the_moment_the_beat_was_sent()
    {
        var clock = new LeaseClock(_time, LeaseTime, Moment.Now(_time));
        _time.Advance(TimeSpan.FromSeconds(2));
        var sentAt = Moment.Now(_time);
        _time.Advance(TimeSpan.FromSeconds(3)); // a slow answer buys no time

        Assert.True(clock.TryRenew(sentAt));

        Assert.Equal(TimeSpan.FromSeconds(3), clock.Age);
        Assert.Equal(TimeSpan.FromSeconds(6), clock.Remaining);
    }

    [Fact]
    public void An_answer_that_is_handed_over_late_does_not_set_the_clock_back()
    {
        var clock = new LeaseClock(_time, LeaseTime, Moment.Now(_time));
        _time.Advance(TimeSpan.FromSeconds(1));
        var earlier = Moment.Now(_time);
        _time.Advance(TimeSpan.FromSeconds(1));
        var later = Moment.Now(_time);

        Assert.True(clock.TryRenew(later));
        Assert.True(clock.TryRenew(earlier));

        Assert.Equal(TimeSpan.Zero, clock.Age);
    }

    [Fact]
    public void An_answer_that_comes_after_the_end_is_refused()
    {
        var clock = new LeaseClock(_time, LeaseTime, Moment.Now(_time));
        _time.Advance(TimeSpan.FromSeconds(8));
        var sentInTime = Moment.Now(_time);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(clock.TryRenew(sentInTime));
        Assert.False(clock.IsOpen);
    }

    [Fact]
    public void A_machine_that_slept_finds_the_lease_over_at_the_first_look()
    {
        var clock = new LeaseClock(_time, LeaseTime, Moment.Now(_time));

        _time.SetWall(TimeSpan.FromSeconds(30));

        Assert.False(clock.IsOpen);
    }

    [Fact]
    public void Who_has_seen_it_closed_never_sees_it_open_again()
    {
        var clock = new LeaseClock(_time, LeaseTime, Moment.Now(_time));
        _time.SetWall(TimeSpan.FromSeconds(30));
        Assert.False(clock.IsOpen);

        _time.SetWall(TimeSpan.FromSeconds(-30)); // somebody corrects the wall clock

        Assert.False(clock.IsOpen);
        Assert.True(clock.Remaining <= TimeSpan.Zero);
        Assert.False(clock.TryRenew(Moment.Now(_time)));
    }
}
