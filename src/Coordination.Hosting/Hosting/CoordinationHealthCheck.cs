using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Coordination.Hosting;

/// <summary>The lease as a health check. No I/O: it compares a clock with the lease.</summary>
internal sealed class CoordinationHealthCheck(CoordinationRuntime runtime) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var report = runtime.Session.Report();
        var view = runtime.Membership.Current;
        var (status, description) = HealthVerdict.Of(report, view.Members.Count, runtime.Settings, runtime.Degraded.Reason);
        var leader = view.Leader?.Id;
        var data = new Dictionary<string, object>
        {
            ["backend"] = runtime.Backend.Description,
            ["group"] = runtime.Settings.Profile.Group,
            ["memberId"] = runtime.Settings.Profile.MemberId,
            ["state"] = report.State.ToString(),
            ["members"] = view.Members.Select(member => member.Id).ToArray(),
            ["memberCount"] = view.Members.Count,
            ["leader"] = leader ?? string.Empty,
            ["isLeader"] = report.State is MembershipState.Joined && leader == runtime.Settings.Profile.MemberId,
            ["view"] = view.Number.ToString(),
            ["lastHeartbeatAgeSeconds"] = Seconds(report.HeartbeatAge),
            ["leaseRemainingSeconds"] = Seconds(report.LeaseRemaining),
            ["locksHeld"] = runtime.Locks.Held,
            ["locksMost"] = report.MostLocks,
            ["lockWaiters"] = runtime.Locks.Waiting,
            ["sessionPid"] = report.SessionPid,
            ["reconnects"] = report.Reconnects,
        };

        // What the registration says a failure is; Degraded stays what it is.
        var shown = status is HealthStatus.Unhealthy ? context.Registration.FailureStatus : status;
        return Task.FromResult(new HealthCheckResult(shown, description, data: data));
    }

    private static double Seconds(TimeSpan? time) => time is { } value ? Math.Round(Math.Max(0, value.TotalSeconds), 3) : 0;
}
