using Coordination.Sessions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Coordination.Hosting;

/// <summary>What the lease means for health, and what to say about it. Pure.</summary>
internal static class HealthVerdict
{
    public static (HealthStatus Status, string Description) Of(LeaseReport report, int members, CoordinationSettings settings)
    {
        var group = settings.Profile.Group;
        return report.State switch
        {
            MembershipState.Joined or MembershipState.Observing when report.LeaseRemaining <= settings.Profile.LeaseTime / 3 =>
                (HealthStatus.Degraded, $"Group '{group}': the last heartbeat was answered {report.HeartbeatAge?.TotalSeconds:0.0} s ago; the lease is over in {report.LeaseRemaining?.TotalSeconds:0.0} s. Look at the database."),
            MembershipState.Joined or MembershipState.Observing when members < settings.MinimumMembers =>
                (HealthStatus.Degraded, $"Group '{group}' has {members} members, fewer than the {settings.MinimumMembers} of MinimumMembers. Start more."),
            MembershipState.Joined => (HealthStatus.Healthy, $"Member of group '{group}', one of {members}."),
            MembershipState.Observing => (HealthStatus.Healthy, $"Observes group '{group}' of {members} members."),
            MembershipState.Suspect => (HealthStatus.Degraded, $"Group '{group}': the connection is broken and being made again, {report.LeaseRemaining?.TotalSeconds:0.0} s before the lease is over. {report.LastError}".TrimEnd()),
            MembershipState.Lost => (HealthStatus.Unhealthy, $"Group '{group}': the lease is lost; joining again. {report.LastError}".TrimEnd()),
            MembershipState.Leaving => (HealthStatus.Unhealthy, $"Group '{group}': this member is leaving, because the host stops."),
            MembershipState.Left => (HealthStatus.Unhealthy, $"Group '{group}': this member has left."),
            _ => (HealthStatus.Unhealthy, $"Group '{group}' is not joined yet. {report.LastError ?? "The host has not started, or the first attempt is under way."}"),
        };
    }
}
