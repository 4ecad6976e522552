using Coordination.Hosting;
using Coordination.Sessions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Coordination.UnitTests.Hosting;

public sealed class HealthVerdictTests
{
    [Theory]
    [InlineData(MembershipState.Joined, 9.0, 3, HealthStatus.Healthy, "one of 3")]
    [InlineData(MembershipState.Joined, 3.5, 3, HealthStatus.Healthy, "one of 3")]
    [InlineData(MembershipState.Joined, 3.3, 3, HealthStatus.Degraded, "over in 3.3 s")]
    [InlineData(MembershipState.Joined, 9.0, 2, HealthStatus.Degraded, "MinimumMembers = 3")]
    [InlineData(MembershipState.Observing, 9.0, 3, HealthStatus.Healthy, "observed")]
    [InlineData(MembershipState.Observing, 9.0, 2, HealthStatus.Degraded, "MinimumMembers = 3")]
    [InlineData(MembershipState.Suspect, 5.0, 3, HealthStatus.Degraded, "being made again")]
    [InlineData(MembershipState.Lost, 0.0, 3, HealthStatus.Unhealthy, "lost")]
    [InlineData(MembershipState.Leaving, 9.0, 3, HealthStatus.Unhealthy, "leaving")]
    [InlineData(MembershipState.Left, 0.0, 3, HealthStatus.Unhealthy, "has left")]
    [InlineData(MembershipState.Joining, 0.0, 0, HealthStatus.Unhealthy, "not joined")]
    public void Health_is_the_lease(MembershipState state, double remaining, int members, HealthStatus expected, string part)
    {
        var (status, description) = HealthVerdict.Of(Report(state, remaining, lastError: null), members, Settings());

        Assert.Equal(expected, status);
        Assert.Contains("'orders'", description, StringComparison.Ordinal);
        Assert.Contains(part, description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MembershipState.Joining)]
    [InlineData(MembershipState.Suspect)]
    [InlineData(MembershipState.Lost)]
    public void The_last_error_stands_in_the_description(MembershipState state)
    {
        Assert.EndsWith("The server said no.", HealthVerdict.Of(Report(state, 5, "The server said no."), 1, Settings()).Description, StringComparison.Ordinal);
    }

    private static LeaseReport Report(MembershipState state, double remaining, string? lastError) =>
        new(state, TimeSpan.FromSeconds(remaining), TimeSpan.FromSeconds(9 - remaining), SessionPid: 1, Reconnects: 0, MostLocks: 0, lastError);

    private static CoordinationSettings Settings() => CoordinationSettings.From(
        new CoordinationOptions { BackendUrl = "memory://x", LeaseTime = TimeSpan.FromSeconds(10), MinimumMembers = 3 }, "orders");
}
