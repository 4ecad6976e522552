using Coordination.Diagnostics;

namespace Coordination.Backends.Postgres;

/// <summary>A member whose row somebody keeps locked lives on, and its group hears nothing of that: people are told, and how to find out who it is.</summary>
internal static class UnwrittenHeartbeat
{
    public static void TellIfNeeded(BeatSchedule schedule, PostgresPlace place, MemberProfile profile)
    {
        if (schedule.MustTell(out var unwritten))
        {
            Log.HeartbeatUnwritten(place.Logger, profile.Group, unwritten, new OperatorSql(place.Settings.Schema).WhoLocks(profile.Group, profile.MemberId));
        }
    }
}
