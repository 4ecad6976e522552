using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Contracts;

public sealed class PostgresLockContract(FreshDatabase database) : LockContract, IClassFixture<FreshDatabase>
{
    protected override string BackendUrl => database.Url;
}
