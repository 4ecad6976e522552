using Coordination;
using Coordination.Hosting;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Hangs services on a membership.</summary>
public static class CoordinationBuilderExtensions
{
    /// <summary>
    /// Runs a service on the leader of a role only: it is started when this member leads, and stopped and awaited before another member can, for
    /// as long as this one is in the group. It campaigns again after a loss, and with a growing delay (1 second to 1 minute) after the service has thrown or ended.
    /// </summary>
    /// <remarks>
    /// <para>Services of one role run on the same leader; they start in the order of their registration and stop the other way round. A service that does not
    /// stop keeps the role, unless the host stops: then the process leaves when its shutdown timeout is over. An observer runs none.</para>
    /// <para>Each term has a scope of its own. <see cref="ILeaderTerm"/> can be injected: its token goes to whatever the service writes to.</para>
    /// </remarks>
    /// <typeparam name="T">The service, a <see cref="BackgroundService"/> in most cases; made anew for each term, unless it is registered otherwise before.</typeparam>
    /// <param name="builder">The membership.</param>
    /// <param name="role">The role, the same text in all members: 1 to 200 characters, none of them a control character.</param>
    /// <returns>The membership.</returns>
    /// <exception cref="ArgumentException">No role, or one that is too long or has a control character.</exception>
    public static ICoordinationBuilder AddLeaderService<T>(this ICoordinationBuilder builder, string role)
        where T : class, IHostedService
    {
        ArgumentNullException.ThrowIfNull(builder);
        LeaderRegistration.Add<T>(builder.Services, builder.Key, role);
        return builder;
    }

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
