using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.Hosting;

/// <summary>That the members of a membership are shown as configuration. Registered once for each key.</summary>
/// <param name="Key">The key of the membership.</param>
internal sealed record ServiceDiscoveryRegistration(string? Key)
{
    public static void Add(IServiceCollection services, string? key)
    {
        if (services.Any(service => !service.IsKeyedService && service.ImplementationInstance is ServiceDiscoveryRegistration known && known.Key == key))
        {
            return;
        }

        services.AddSingleton(new ServiceDiscoveryRegistration(key));
        var source = new ServiceDiscoverySource();
        var before = services.LastOrDefault(service => !service.IsKeyedService && service.ServiceType == typeof(IConfiguration));
        services.AddSingleton(provider => ServiceDiscovery.Join(before is null ? null : Make(before, provider), source));
        services.AddSingleton<IHostedService>(provider => new ServiceDiscovery(() => CoordinationRegistration.Runtime(provider, key).Membership, source));
    }

    private static IConfiguration Make(ServiceDescriptor descriptor, IServiceProvider provider) => (IConfiguration)(
        descriptor.ImplementationInstance
        ?? descriptor.ImplementationFactory?.Invoke(provider)
        ?? ActivatorUtilities.CreateInstance(provider, descriptor.ImplementationType!));
}
