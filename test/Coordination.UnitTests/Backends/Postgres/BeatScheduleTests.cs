using Coordination.Backends;
using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class BeatScheduleTests
{
    [Fact]
    public void Beats_are_at_most_half_a_second_apart_and_one_in_a_heartbeat_is_remembered()
    {
        var (time, schedule) = New(heartbeat: TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(0.5), schedule.Remaining);
        time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(TimeSpan.Zero, schedule.Remaining);
        Assert.False(schedule.IsStampDue);
        schedule.Answered(Moment.Now(time), isStamped: false);
        Assert.Equal(TimeSpan.FromSeconds(0.5), schedule.Remaining);

        time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.True(schedule.IsStampDue);
        schedule.Answered(Moment.Now(time), isStamped: true);
        Assert.False(schedule.IsStampDue);
    }

    [Fact]
    public void A_heartbeat_that_is_shorter_than_half_a_second_is_kept()
    {
        var (time, schedule) = New(heartbeat: TimeSpan.FromMilliseconds(200));

        Assert.Equal(TimeSpan.FromMilliseconds(200), schedule.Remaining);
        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.True(schedule.IsStampDue);
    }

    private static (ManualTime Time, BeatSchedule Schedule) New(TimeSpan heartbeat)
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
            OnNameConflict = OnNameConflict.Supersede,
        });
        schedule.Answered(Moment.Now(time), isStamped: true);
        return (time, schedule);
    }
}
