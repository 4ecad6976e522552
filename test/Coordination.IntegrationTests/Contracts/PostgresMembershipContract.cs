using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Contracts;

public sealed class PostgresMembershipContract(FreshDatabase database) : MembershipContract, IClassFixture<FreshDatabase>
{
    protected override string BackendUrl => database.Url;
}
