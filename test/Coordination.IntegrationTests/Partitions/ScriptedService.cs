namespace Coordination.IntegrationTests.Partitions;

/// <summary>Does what a test says.</summary>
public sealed class ScriptedService(Func<int, CancellationToken, Task> script) : IPartitionedService
{
    public Task RunAsync(int partition, CancellationToken cancellationToken) => script(partition, cancellationToken);
}
