using Coordination;
using Coordination.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Hangs services on a membership.</summary>
public static class CoordinationBuilderExtensions
{
    /// <summary>
    /// Spreads work over the members: one run of <see cref="IPartitionedService.RunAsync"/> for each partition that this process owns. All members
    /// that register the service share its partitions, in proportion to their metadata <c>weight</c>; an observer owns none.
    /// <see cref="IPartitionAssignment"/> is resolved keyed by the service's name.
    /// </summary>
    /// <typeparam name="T">
    /// The class that works: one object, made by the container as a singleton keyed by the service's name
    /// (<see cref="ServiceKeyAttribute"/> gives it the name).
    /// </typeparam>
    /// <param name="builder">The membership.</param>
    /// <param name="name">The service's name, the same in all members: 1 to 200 characters, none of them a control character.</param>
    /// <param name="partitions">
    /// How many partitions, 1 to 4,096, the same in all members; some ten for each member spread well. Members that joined after one with another
    /// number own nothing until it is gone, and log an error.
    /// </param>
    /// <param name="configure">Changes how it is spread.</param>
    /// <returns>The membership.</returns>
    /// <exception cref="ArgumentException">A name that is empty, too long, or registered already; a time or number out of its range.</exception>
    public static ICoordinationBuilder AddPartitionedService<T>(this ICoordinationBuilder builder, string name, int partitions, Action<PartitionOptions>? configure = null)
        where T : class, IPartitionedService
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new PartitionOptions();
        configure?.Invoke(options);
        PartitionRegistration.Add<T>(builder.Services, builder.Key, name, partitions, options);
        return builder;
    }

    /// <summary>
    /// Shows the members that are up and tell a url as configuration: <c>Services:{group}:http:0</c> is <c>http://10.0.0.5:8080</c> and so on, the shape
    /// in which Microsoft.Extensions.ServiceDiscovery finds endpoints. It is there when other hosted services start, and is loaded again at every
    /// view that changes it.
    /// </summary>
    /// <remarks>
    /// The configuration of an application builder (<c>builder.Configuration</c>) shows them itself; otherwise the <c>IConfiguration</c> that the
    /// container gives does. Calling it twice adds nothing twice.
    /// </remarks>
    /// <param name="builder">The membership; it may observe.</param>
    /// <returns>The membership.</returns>
    public static ICoordinationBuilder AddServiceDiscovery(this ICoordinationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ServiceDiscoveryRegistration.Add(builder.Services, builder.Key);
        return builder;
    }
}
