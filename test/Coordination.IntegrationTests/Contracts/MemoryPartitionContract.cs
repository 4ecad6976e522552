namespace Coordination.IntegrationTests.Contracts;

public sealed class MemoryPartitionContract : PartitionContract
{
    protected override string BackendUrl => "memory://partition-contract";
}
