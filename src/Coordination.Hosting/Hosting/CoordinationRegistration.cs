using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>The services of one membership. Registered once for each key, however often it is asked for.</summary>
internal sealed class CoordinationRegistration
{
    private CoordinationRegistration(string? key) => Key = key;

    public string? Key { get; }

    public static ICoordinationBuilder Add(IServiceCollection services, string? key, string connectionName, Action<CoordinationOptions>? configure)
    {
        if (!services.Any(service => service.ImplementationInstance is CoordinationRegistration known && known.Key == key))
        {
            services.AddSingleton(new CoordinationRegistration(key));
            AddOptions(services, key, connectionName);
            AddParts(services, key);
        }

        if (configure is not null)
        {
            services.Configure(key ?? Options.DefaultName, configure);
        }

        return new CoordinationBuilder(services, key);
    }

    private static void AddOptions(IServiceCollection services, string? key, string connectionName)
    {
        services.AddOptions<CoordinationOptions>(key ?? Options.DefaultName).ValidateOnStart();
        services.AddSingleton<IConfigureOptions<CoordinationOptions>>(provider =>
            new CoordinationOptionsSetup(key, connectionName, provider.GetService<IConfiguration>()));
        services.AddSingleton<IValidateOptions<CoordinationOptions>>(provider =>
            new CoordinationOptionsValidator(key, connectionName, CoordinationRuntime.ApplicationName(provider)));
    }

    private static void AddParts(IServiceCollection services, string? key)
    {
        services.TryAddSingleton(TimeProvider.System);
        if (key is null)
        {
            services.TryAddSingleton(provider => CoordinationRuntime.Create(provider, key: null));
            services.TryAddSingleton<ILockProvider>(provider => provider.GetRequiredService<CoordinationRuntime>().Locks);
            services.TryAddSingleton<IGroupMembership>(provider => provider.GetRequiredService<CoordinationRuntime>().Membership);
        }
        else
        {
            services.TryAddKeyedSingleton(key, (provider, _) => CoordinationRuntime.Create(provider, key));
            services.TryAddKeyedSingleton<ILockProvider>(key, (provider, _) => Runtime(provider, key).Locks);
            services.TryAddKeyedSingleton<IGroupMembership>(key, (provider, _) => Runtime(provider, key).Membership);
        }

        services.AddSingleton<IHostedService>(provider =>
            new CoordinationHostedService(Runtime(provider, key), provider, provider.GetRequiredService<IHostApplicationLifetime>()));
    }

    public static CoordinationRuntime Runtime(IServiceProvider services, string? key) => key is null
        ? services.GetRequiredService<CoordinationRuntime>()
        : services.GetRequiredKeyedService<CoordinationRuntime>(key);
}
