namespace Coordination.IntegrationTests.Contracts;

public sealed class MemoryLockContract : LockContract
{
    protected override string BackendUrl => "memory://lock-contract";
}
