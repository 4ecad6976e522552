using Coordination;

namespace Conductors.Roles;

/// <summary>Makes the tables before the first request comes. Ten replicas may start at once: a lock lets one do it.</summary>
internal sealed class NodeStoreSetup(INodeHistory history, ILockProvider locks) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        locks.RunAsync("make-tables", (_, stop) => history.CreateAsync(stop), cancellationToken: cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
