using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.Routing;

/// <summary>Looks at the start whether every routed client names a membership: the first request would be late for that.</summary>
internal sealed class RoutingCheck(IServiceProvider services, IEnumerable<RoutedClient> clients) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var lost = clients.Where(client => Look(services, client.Group) is null).Select(client => $"'{client.Client}' ({Name(client.Group)})").ToList();
        return lost.Count == 0
            ? Task.CompletedTask
            : throw new CoordinationConfigurationException($"HTTP clients route to members that this process knows nothing of: {string.Join(", ", lost)}. {Remedy}");
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The membership that a client names.</summary>
    /// <exception cref="CoordinationConfigurationException">There is none.</exception>
    public static IGroupMembership Find(IServiceProvider services, string? group) =>
        Look(services, group) ?? throw new CoordinationConfigurationException($"An HTTP client routes to {Name(group)}, which this process knows nothing of. {Remedy}");

    /// <summary>Bounds the time that connecting may take, unless that has been done.</summary>
    public static void Limit(HttpMessageHandler handler, TimeSpan connectTimeout)
    {
        if (handler is SocketsHttpHandler sockets && sockets.ConnectTimeout == Timeout.InfiniteTimeSpan)
        {
            sockets.ConnectTimeout = connectTimeout;
        }
    }

    public static void Check(GroupRoutingOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxAttempts, 1, nameof(GroupRoutingOptions.MaxAttempts));
        if (options.ConnectTimeout != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.ConnectTimeout, TimeSpan.Zero, nameof(GroupRoutingOptions.ConnectTimeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ConnectTimeout.TotalMilliseconds, int.MaxValue, nameof(GroupRoutingOptions.ConnectTimeout));
        }
    }

    private const string Remedy =
        "Name the key of a membership (AddKeyedCoordination) or the group of the one without a key (AddCoordination); a process that only sends requests observes the group (Observe = true).";

    private static IGroupMembership? Look(IServiceProvider services, string? group) =>
        (group is null ? null : services.GetKeyedService<IGroupMembership>(group))
        ?? (services.GetService<IGroupMembership>() is { } membership && (group ?? membership.Group) == membership.Group ? membership : null);

    private static string Name(string? group) => group is null ? "the membership without a key" : $"'{group}'";
}
