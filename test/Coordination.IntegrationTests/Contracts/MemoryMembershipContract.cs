namespace Coordination.IntegrationTests.Contracts;

public sealed class MemoryMembershipContract : MembershipContract
{
    protected override string BackendUrl => "memory://membership-contract";
}
