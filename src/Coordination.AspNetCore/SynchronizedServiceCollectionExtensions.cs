using Coordination;
using Coordination.Proxies;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Services whose methods exclude each other among all processes.</summary>
public static class SynchronizedServiceCollectionExtensions
{
    /// <summary>
    /// Registers a service whose methods with <see cref="SynchronizedAttribute"/>, on the interface or on the class, run under their locks. The locks
    /// are those of <c>AddCoordination</c>, which may be called before or after.
    /// </summary>
    /// <remarks>Whoever resolves the interface goes through the locks. The class is registered beside it, and its methods call each other past them.</remarks>
    /// <typeparam name="TService">The interface.</typeparam>
    /// <typeparam name="TImplementation">The class behind it.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="lifetime">How long an instance of the class lives; by default as long as its scope (in ASP.NET Core, the request).</param>
    /// <returns>The services.</returns>
    /// <exception cref="CoordinationConfigurationException">A lock cannot be bound, or a method cannot run under one; all faults, with the methods' names.</exception>
    public static IServiceCollection AddSynchronized<TService, TImplementation>(this IServiceCollection services, ServiceLifetime lifetime = ServiceLifetime.Scoped)
        where TService : class
        where TImplementation : class, TService
    {
        ArgumentNullException.ThrowIfNull(services);
        var plan = SynchronizedPlanner.Plan(typeof(TService), typeof(TImplementation));
        services.TryAdd(ServiceDescriptor.Describe(typeof(TImplementation), typeof(TImplementation), lifetime));
        services.Add(ServiceDescriptor.Describe(
            typeof(TService), provider => SynchronizedProxy.Of<TService>(plan, provider.GetRequiredService<TImplementation>(), provider), lifetime));
        return services;
    }
}
