namespace Coordination.IntegrationTests.Contracts;

public sealed class FileLeaderContract(TemporaryFolder folder) : LeaderContract, IClassFixture<TemporaryFolder>
{
    protected override string BackendUrl => folder.Url;
}
