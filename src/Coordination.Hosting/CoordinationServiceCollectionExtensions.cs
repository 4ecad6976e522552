using Coordination;
using Coordination.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers coordination: one call for the membership, its locks and the hosted service that joins and leaves.</summary>
public static class CoordinationServiceCollectionExtensions
{
    /// <summary>
    /// Adds this process to a service group. Settings come from configuration section <c>Coordination</c>, then connection string
    /// <c>coordination</c>, then environment variable <c>COORDINATION_URI</c>; the delegate comes last and wins.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>A builder to hang more on.</returns>
    public static ICoordinationBuilder AddCoordination(this IServiceCollection services, Action<CoordinationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return CoordinationRegistration.Add(services, key: null, SettingPlaces.ConnectionNameFor(key: null), configure);
    }

    /// <summary>
    /// Adds one more membership under a key: <see cref="ILockProvider"/> and <see cref="IGroupMembership"/> are resolved with it. Settings
    /// come from section <c>Coordination:{key}</c>, then connection string <c>{key}</c>, then <c>COORDINATION_URI</c>; the delegate wins.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>A builder to hang more on.</returns>
    public static ICoordinationBuilder AddKeyedCoordination(this IServiceCollection services, string key, Action<CoordinationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(key);
        return CoordinationRegistration.Add(services, key, SettingPlaces.ConnectionNameFor(key), configure);
    }
}
