using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>A service that leaves its member no thread of the pool. It waits and does nothing, so others may be at work beside it: they make it harder.</summary>
[Trait("Category", "Fault")]
public sealed class BlockedPoolTests(PostgresServer server) : HardTimesScenario(server)
{
    [Fact]
    public async Task A_process_whose_thread_pool_is_blocked_for_longer_than_the_lease_keeps_its_membership_and_its_locks()
    {
        var (witness, member) = await StartTwoAsync(Database.Url);
        var before = await BecomesMemberAsync(member, IsComplete);

        var blocked = member.Tell(new ReplicaCommand("block-pool") { TimeoutSeconds = 2 * LongerLease.TotalSeconds });
        var unblocked = await member.ExpectAsync("unblocked", blocked);

        Assert.InRange(double.Parse(unblocked.Data["waited"], CultureInfo.InvariantCulture), 1.5 * LongerLease.TotalSeconds, double.MaxValue);
        Assert.Equal("200", unblocked.Data["granted"]); // while not one thread of the pool was free to tell them
        await HasLostNothingAsync(witness, member, before);
    }
}
