namespace Coordination.IntegrationTests.Contracts;

public sealed class FileInspectionContract(TemporaryFolder folder) : InspectionContract, IClassFixture<TemporaryFolder>
{
    protected override string BackendUrl => folder.Url;
}
