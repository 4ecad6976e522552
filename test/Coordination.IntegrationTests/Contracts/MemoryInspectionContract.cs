namespace Coordination.IntegrationTests.Contracts;

public sealed class MemoryInspectionContract : InspectionContract
{
    protected override string BackendUrl => "memory://inspection-contract";
}
