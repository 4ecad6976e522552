namespace Coordination.IntegrationTests.Contracts;

public sealed class FileLockContract(TemporaryFolder folder) : LockContract, IClassFixture<TemporaryFolder>
{
    protected override string BackendUrl => folder.Url;
}
