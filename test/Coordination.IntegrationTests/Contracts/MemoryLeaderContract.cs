namespace Coordination.IntegrationTests.Contracts;

public sealed class MemoryLeaderContract : LeaderContract
{
    protected override string BackendUrl { get; } = $"memory://leaders-{Guid.NewGuid():N}";
}
