using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>What is hard on a member and must cost it nothing: alone, because of what the silence leaves of the lease a busy machine would take the rest.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class HardTimesTests(PostgresServer server) : HardTimesScenario(server)
{
    [Fact]
    public async Task A_network_that_is_silent_for_half_the_lease_makes_no_view_and_loses_no_lock()
    {
        await using var relay = Relay.To(Database.Address);
        var (witness, member) = await StartTwoAsync(relay.Address.Url);
        var before = await BecomesMemberAsync(member, IsComplete);

        relay.Hold();
        await Task.Delay(LongerLease / 2, Time, TestContext.Current.CancellationToken);
        relay.Resume();

        await HasLostNothingAsync(witness, member, before);
    }
}
