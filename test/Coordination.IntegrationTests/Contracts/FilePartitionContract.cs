namespace Coordination.IntegrationTests.Contracts;

public sealed class FilePartitionContract(TemporaryFolder folder) : PartitionContract, IClassFixture<TemporaryFolder>
{
    protected override string BackendUrl => folder.Url;
}
