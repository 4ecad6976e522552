using Coordination.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>The services of one membership. Registered once for each key, however often it is asked for.</summary>
internal sealed class CoordinationRegistration
{
    private CoordinationRegistration(string? key) => Places = new SettingPlaces(key);

    private SettingPlaces Places { get; }

    public static ICoordinationBuilder Add(IServiceCollection services, string? key, string connectionName, Action<CoordinationOptions>? configure)
    {
        var registration = services
            .Select(service => service.IsKeyedService ? null : service.ImplementationInstance as CoordinationRegistration)
            .FirstOrDefault(known => known is not null && known.Places.Key == key);
        if (registration is null)
        {
            registration = new CoordinationRegistration(key);
            services.AddSingleton(registration);
            AddOptions(services, registration.Places);
            AddParts(services, key);
            WebCompanion.Register(services);
        }

        registration.Places.AddConnection(connectionName);
        if (configure is not null)
        {
            services.Configure(registration.Places.OptionsName, configure);
        }

        return new CoordinationBuilder(services, key);
    }

    public static CoordinationRuntime Runtime(IServiceProvider services, string? key) => key is null
        ? services.GetRequiredService<CoordinationRuntime>()
        : services.GetRequiredKeyedService<CoordinationRuntime>(key);

    private static void AddOptions(IServiceCollection services, SettingPlaces places)
    {
        services.AddOptions<CoordinationOptions>(places.OptionsName).ValidateOnStart();
        services.AddSingleton<IConfigureOptions<CoordinationOptions>>(provider =>
            new CoordinationOptionsSetup(places, provider.GetService<IConfiguration>()));
        services.AddSingleton<IPostConfigureOptions<CoordinationOptions>>(provider =>
            new EmbeddedBackend(places, provider.GetService<IHostEnvironment>()?.IsDevelopment() is true, CoordinationRuntime.ApplicationName(provider)));
        services.AddSingleton<IValidateOptions<CoordinationOptions>>(provider =>
            new CoordinationOptionsValidator(places, CoordinationRuntime.ApplicationName(provider)));
    }

    private static void AddParts(IServiceCollection services, string? key)
    {
        services.AddMetrics();
        services.TryAddSingleton<CoordinationMeter>();
        services.TryAddSingleton(TimeProvider.System);
        if (key is null)
        {
            services.TryAddSingleton(provider => CoordinationRuntime.Create(provider, key: null));
            services.TryAddSingleton<ILockProvider>(provider => Runtime(provider, key: null).Locks);
            services.TryAddSingleton<IGroupMembership>(provider => Runtime(provider, key: null).Membership);
            services.TryAddSingleton<ICoordinationInspector>(provider => Runtime(provider, key: null).Inspector);
            services.TryAddSingleton<ILeaderElection>(provider => Runtime(provider, key: null).Election);
        }
        else
        {
            services.TryAddKeyedSingleton(key, (provider, _) => CoordinationRuntime.Create(provider, key));
            services.TryAddKeyedSingleton<ILockProvider>(key, (provider, _) => Runtime(provider, key).Locks);
            services.TryAddKeyedSingleton<IGroupMembership>(key, (provider, _) => Runtime(provider, key).Membership);
            services.TryAddKeyedSingleton<ICoordinationInspector>(key, (provider, _) => Runtime(provider, key).Inspector);
            services.TryAddKeyedSingleton<ILeaderElection>(key, (provider, _) => Runtime(provider, key).Election);
        }

        // One of them for each membership, so not TryAddEnumerable, which keeps one of a type.
        services.AddSingleton<IHostedService>(provider =>
            new CoordinationHostedService(() => Runtime(provider, key), provider, provider.GetRequiredService<IHostApplicationLifetime>()));
    }
}
