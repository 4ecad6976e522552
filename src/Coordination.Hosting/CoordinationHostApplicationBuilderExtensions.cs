using Coordination;
using Coordination.Hosting;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers coordination on a host builder.</summary>
public static class CoordinationHostApplicationBuilderExtensions
{
    /// <summary>
    /// Adds this process to a service group. Settings come from configuration section <c>Coordination</c>, then the named connection
    /// string, then environment variable <c>COORDINATION_URI</c>; the delegate comes last and wins.
    /// </summary>
    /// <param name="builder">The host builder.</param>
    /// <param name="connectionName">The name of the connection string.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>A builder to hang more on.</returns>
    public static ICoordinationBuilder AddCoordination(
        this IHostApplicationBuilder builder, string connectionName = "coordination", Action<CoordinationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        return CoordinationRegistration.Add(builder.Services, key: null, connectionName, configure);
    }
}
