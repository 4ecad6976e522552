using Coordination.Backends;
using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class BeatScheduleTests
{
    private static readonly ViewNumber First = new(1, 1);

    [Fact]
    public void Beats_are_at_most_half_a_second_apart_and_one_in_a_heartbeat_is_remembered()
    {
        var (time, schedule) = New(heartbeat: TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(0.5), schedule.Remaining);
        time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(TimeSpan.Zero, schedule.Remaining);
        Assert.False(schedule.IsStampDue);
        schedule.Answered(Moment.Now(time), isStamped: false, First);
        Assert.Equal(TimeSpan.FromSeconds(0.5), schedule.Remaining);

        time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.True(schedule.IsStampDue);
        schedule.Answered(Moment.Now(time), isStamped: true, First);
        Assert.False(schedule.IsStampDue);
    }

    [Fact]
    public void What_has_not_been_remembered_for_half_a_lease_beyond_the_interval_is_told_once_until_it_is_remembered_again()
    {
        var (time, schedule) = New(heartbeat: TimeSpan.FromSeconds(2));
        var half = TimeSpan.FromSeconds(10) / 2;

        for (var times = 0; times < 2; times++)
        {
            schedule.Answered(Moment.Now(time), isStamped: true, First);
            time.Advance(TimeSpan.FromSeconds(2) + half);
            Assert.False(schedule.MustTell(out _));
            time.Advance(TimeSpan.FromSeconds(1));
            schedule.Answered(Moment.Now(time), isStamped: false, First);
            Assert.True(schedule.MustTell(out var unwritten));
            Assert.Equal(TimeSpan.FromSeconds(3) + half, unwritten);
            Assert.False(schedule.MustTell(out _));
        }
    }

    [Fact]
    public void A_heartbeat_that_is_shorter_than_half_a_second_is_kept()
    {
        var (time, schedule) = New(heartbeat: TimeSpan.FromMilliseconds(200));

        Assert.Equal(TimeSpan.FromMilliseconds(200), schedule.Remaining);
        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.True(schedule.IsStampDue);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.6)]
    [InlineData(0.7)]
    [InlineData(0.76)]
    [InlineData(0.9)]
    [InlineData(1)]
    [InlineData(2.5)]
    public void Remembered_heartbeats_are_well_within_half_of_the_shortest_lease_that_they_allow(double heartbeat)
    {
        var (time, schedule) = New(TimeSpan.FromSeconds(heartbeat));
        schedule.Answered(Moment.Now(time), isStamped: true, First);
        var stamped = time.GetTimestamp();
        do
        {
            time.Advance(schedule.Remaining);
            if (!schedule.IsStampDue)
            {
                schedule.Answered(Moment.Now(time), isStamped: false, First);
            }
        }
        while (!schedule.IsStampDue);

        Assert.InRange(time.GetElapsedTime(stamped).TotalSeconds, heartbeat / 2, 0.9 * (3 * heartbeat / 2));
    }

    [Fact]
    public void Sparse_heartbeats_are_written_once_in_twelve_and_soon_after_a_new_view()
    {
        var (time, schedule) = New(TimeSpan.FromSeconds(2), HeartbeatMode.Sparse);

        time.Advance(TimeSpan.FromSeconds(23.7));
        schedule.Answered(Moment.Now(time), isStamped: false, First);
        Assert.False(schedule.IsStampDue);
        time.Advance(TimeSpan.FromSeconds(0.1)); // to the nearest beat
        Assert.True(schedule.IsStampDue);

        schedule.Answered(Moment.Now(time), isStamped: true, First);
        time.Advance(TimeSpan.FromSeconds(1));
        schedule.Answered(Moment.Now(time), isStamped: false, new ViewNumber(1, 2));
        Assert.False(schedule.IsStampDue); // no more than two in a grace, however many views there are
        time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.True(schedule.IsStampDue);
    }

    [Fact]
    public void Slow_heartbeats_too_are_written_soon_after_a_new_view()
    {
        var (time, schedule) = New(TimeSpan.FromSeconds(15));

        schedule.Answered(Moment.Now(time), isStamped: false, new ViewNumber(1, 2));
        time.Advance(TimeSpan.FromSeconds(1.4));
        Assert.False(schedule.IsStampDue);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(schedule.IsStampDue);
        schedule.Answered(Moment.Now(time), isStamped: true, new ViewNumber(1, 2));
        time.Advance(TimeSpan.FromSeconds(14.7));
        Assert.False(schedule.IsStampDue);
    }

    [Theory]
    [InlineData(HeartbeatMode.Written, true)]
    [InlineData(HeartbeatMode.Sparse, true)]
    [InlineData(HeartbeatMode.Durable, false)]
    public void Where_heartbeats_are_durable_only_those_renew_the_lease(HeartbeatMode mode, bool renews)
    {
        var (time, schedule) = New(TimeSpan.FromSeconds(2), mode);
        var opened = Moment.Now(time);
        time.Advance(TimeSpan.FromSeconds(0.5));
        var now = Moment.Now(time);

        Assert.Equal(renews ? now : opened, schedule.Answered(now, isStamped: false, First));
        Assert.Equal(now, schedule.Answered(now, isStamped: true, First));
        Assert.Equal(TimeSpan.FromSeconds(0.5), schedule.Remaining);
    }

    private static (ManualTime Time, BeatSchedule Schedule) New(TimeSpan heartbeat, HeartbeatMode mode = HeartbeatMode.Written)
    {
        var time = new ManualTime();
        var schedule = new BeatSchedule(time, new MemberProfile
        {
            Group = "orders",
            MemberId = "ann",
            Observe = false,
            Url = null,
            Metadata = new Dictionary<string, string>(),
            LeaseTime = TimeSpan.FromSeconds(10),
            HeartbeatInterval = heartbeat,
            CrashGrace = TimeSpan.FromSeconds(3),
            HeartbeatMode = mode,
            OnNameConflict = OnNameConflict.Supersede,
        });
        schedule.Answered(Moment.Now(time), isStamped: true, First);
        return (time, schedule);
    }
}
