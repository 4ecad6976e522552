using Coordination.Partitioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Coordination.Hosting;

/// <summary>A partitioned service as it was registered: its parts are wired here.</summary>
/// <param name="Key">The key of its membership.</param>
/// <param name="Service">Its name.</param>
/// <param name="Count">How many partitions it has.</param>
/// <param name="SettleTime">How long a member that has come is watched.</param>
internal sealed record PartitionRegistration(string? Key, string Service, int Count, TimeSpan SettleTime)
{
    private const int LongestName = 200;
    private const int MostPartitions = 4096; // one member may own all of them, and each is a lock of its session

    private static readonly TimeSpan LongestSettleTime = TimeSpan.FromMinutes(10);

    public static void Add<T>(IServiceCollection services, string? key, string name, int partitions, PartitionOptions options)
        where T : class, IPartitionedService
    {
        Check(services, name, partitions, options);
        var registration = new PartitionRegistration(key, name, partitions, options.SettleTime);
        services.AddSingleton(registration);
        services.TryAddKeyedSingleton<T>(name);
        services.AddKeyedSingleton(name, (_, _) => new PartitionBoard(partitions));
        services.AddKeyedSingleton<IPartitionAssignment>(name, static (provider, service) => provider.GetRequiredKeyedService<PartitionBoard>(service));
        services.AddSingleton<IHostedService>(provider => new PartitionHost(
            () => registration.Terms(CoordinationRegistration.Runtime(provider, key)),
            provider.GetRequiredKeyedService<PartitionBoard>(name),
            () => provider.GetRequiredKeyedService<T>(name)));
    }

    /// <summary>What the members of a membership tell about its partitioned services from their first moment on.</summary>
    public static IEnumerable<KeyValuePair<string, string>> NotesOf(IServiceProvider services, string? key) => services
        .GetServices<PartitionRegistration>()
        .Where(registration => registration.Key == key)
        .Select(registration => KeyValuePair.Create(PartitionNote.KeyOf(registration.Service), new PartitionNote(registration.Count, IsReady: false).ToString()));

    private PartitionTerms Terms(CoordinationRuntime runtime) => new(Service, Count, SettleTime, runtime.Membership, runtime.ReservedLocks, runtime.Time)
    {
        Logger = runtime.Logger,
        MemberId = runtime.Settings.Profile.Observe ? null : runtime.Settings.Profile.MemberId,
        AnnounceAsync = runtime.Session.AnnounceAsync,
    };

    private static void Check(IServiceCollection services, string name, int partitions, PartitionOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > LongestName || !StrictUtf8.CanExpress(name) || name.Any(char.IsControl))
        {
            throw new ArgumentException($"The name of a partitioned service must have 1 to {LongestName} characters, none of them a control character.", nameof(name));
        }

        if (partitions is < 1 or > MostPartitions)
        {
            throw new ArgumentOutOfRangeException(
                nameof(partitions), partitions, $"Service '{name}' must have 1 to {MostPartitions} partitions. Some ten for each member spread well.");
        }

        if (options.SettleTime < TimeSpan.Zero || options.SettleTime > LongestSettleTime)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.SettleTime, $"SettleTime of service '{name}' must be 0 to 10 minutes.");
        }

        if (services.Any(service => !service.IsKeyedService && service.ImplementationInstance is PartitionRegistration known && known.Service == name))
        {
            throw new ArgumentException($"A partitioned service '{name}' is registered already. Give each a name of its own.", nameof(name));
        }
    }
}
