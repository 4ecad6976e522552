using System.Globalization;
using Coordination.Sessions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Coordination.Hosting;

/// <summary>What the lease means for health, and what to say about it. Pure.</summary>
internal static class HealthVerdict
{
    public static (HealthStatus Status, string Description) Of(LeaseReport report, int members, CoordinationSettings settings, string? degraded = null)
    {
        var group = $"Group '{settings.Profile.Group}'";
        return report.State switch
        {
            MembershipState.Joined or MembershipState.Observing when report.LeaseRemaining <= settings.Profile.LeaseTime / 3 =>
                (HealthStatus.Degraded, $"{group}: the last heartbeat was answered {Seconds(report.HeartbeatAge)} s ago, and the lease is over in {Seconds(report.LeaseRemaining)} s. Look at the database and the way to it."),
            MembershipState.Joined or MembershipState.Observing when degraded is not null =>
                (HealthStatus.Degraded, $"{group}: the application reports itself degraded: {degraded}"),
            MembershipState.Joined or MembershipState.Observing when members < settings.MinimumMembers =>
                (HealthStatus.Degraded, $"{group} has {members} members, fewer than MinimumMembers = {settings.MinimumMembers}. Start more."),
            MembershipState.Joined => (HealthStatus.Healthy, $"{group}: joined, one of {members}."),
            MembershipState.Observing => (HealthStatus.Healthy, $"{group}: observed, {members} members."),
            MembershipState.Suspect =>
                (HealthStatus.Degraded, With($"{group}: the connection is broken and being made again; the lease is over in {Seconds(report.LeaseRemaining)} s.", report.LastError)),
            MembershipState.Lost => (HealthStatus.Unhealthy, With($"{group}: the lease is lost, its locks are gone, and a new join is under way.", report.LastError)),
            MembershipState.Leaving => (HealthStatus.Unhealthy, $"{group}: this process is leaving, because the host stops. Send it no new work."),
            MembershipState.Left => (HealthStatus.Unhealthy, $"{group}: this process has left. Start it again."),
            _ => (HealthStatus.Unhealthy, With($"{group} is not joined yet.", report.LastError ?? "Not started, or the first attempt is under way.")),
        };
    }

    private static string With(string fact, string? cause) => cause is null ? fact : $"{fact} {cause}";

    private static string Seconds(TimeSpan? time) => Math.Max(0, time?.TotalSeconds ?? 0).ToString("0.0", CultureInfo.InvariantCulture);
}
