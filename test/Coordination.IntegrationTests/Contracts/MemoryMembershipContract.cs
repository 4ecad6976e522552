namespace Coordination.IntegrationTests.Contracts;

public sealed class MemoryMembershipContract(CoordinationTestServer server) : MembershipContract, IClassFixture<CoordinationTestServer>
{
    protected override string BackendUrl => server.Url;

    protected override Task LoseSessionAsync(string memberId)
    {
        server.LoseLocks(memberId);
        return Task.CompletedTask;
    }
}
