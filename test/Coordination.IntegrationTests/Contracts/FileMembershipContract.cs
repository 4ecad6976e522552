namespace Coordination.IntegrationTests.Contracts;

public sealed class FileMembershipContract(TemporaryFolder folder) : MembershipContract, IClassFixture<TemporaryFolder>
{
    protected override string BackendUrl => folder.Url;
}
