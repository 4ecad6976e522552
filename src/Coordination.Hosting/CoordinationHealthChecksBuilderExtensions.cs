using Coordination.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the health check of the membership.</summary>
public static class CoordinationHealthChecksBuilderExtensions
{
    private const string DefaultName = "coordination";

    /// <summary>Reports the lease: healthy while this process is in the group with more than a third of the lease left. No I/O.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check; <c>coordination</c> by default.</param>
    /// <param name="failureStatus">What a failure is reported as; Unhealthy by default.</param>
    /// <param name="tags">The tags; <c>ready</c> and <c>coordination</c> by default.</param>
    /// <param name="timeout">A limit of time for the check.</param>
    /// <returns>The health checks.</returns>
    public static IHealthChecksBuilder AddCoordination(
        this IHealthChecksBuilder builder,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null) => Add(builder, key: null, name ?? DefaultName, failureStatus, tags, timeout);

    /// <summary>The same for a keyed membership.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="key">The key of the membership.</param>
    /// <param name="name">The name of the check; <c>coordination-{key}</c> by default.</param>
    /// <param name="failureStatus">What a failure is reported as; Unhealthy by default.</param>
    /// <param name="tags">The tags; <c>ready</c> and <c>coordination</c> by default.</param>
    /// <param name="timeout">A limit of time for the check.</param>
    /// <returns>The health checks.</returns>
    public static IHealthChecksBuilder AddKeyedCoordination(
        this IHealthChecksBuilder builder,
        string key,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return Add(builder, key, name ?? $"{DefaultName}-{key}", failureStatus, tags, timeout);
    }

    private static IHealthChecksBuilder Add(
        IHealthChecksBuilder builder, string? key, string name, HealthStatus? failureStatus, IEnumerable<string>? tags, TimeSpan? timeout)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            services => new CoordinationHealthCheck(CoordinationRegistration.Runtime(services, key)),
            failureStatus,
            tags ?? ["ready", DefaultName],
            timeout));
    }
}
