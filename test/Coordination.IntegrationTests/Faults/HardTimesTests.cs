using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>What is hard on a member and must cost it nothing.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class HardTimesTests(PostgresServer server) : ReplicaScenario(server)
{
    private static readonly TimeSpan LongerLease = TimeSpan.FromSeconds(10);

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

    [Fact]
    public async Task A_process_whose_thread_pool_is_blocked_for_longer_than_the_lease_keeps_its_membership_and_its_locks()
    {
        var (witness, member) = await StartTwoAsync(Database.Url);
        var before = await BecomesMemberAsync(member, IsComplete);

        var blocked = member.Tell(new ReplicaCommand("block-pool") { TimeoutSeconds = 2 * LongerLease.TotalSeconds });
        var unblocked = await member.ExpectAsync("unblocked", blocked);

        Assert.InRange(double.Parse(unblocked.Data["waited"], CultureInfo.InvariantCulture), 1.5 * LongerLease.TotalSeconds, double.MaxValue);
        await HasLostNothingAsync(witness, member, before);
    }

    /// <summary>Both are up and have told where they are reached: no more views are to come.</summary>
    private static bool IsComplete(ReplicaEvent state) =>
        state.Members.Count(text => text.Contains(" Up", StringComparison.Ordinal)) == 2 && state.Data.Count == 2 && state.Data.Values.All(url => url.Length > 0);

    private async Task<(Replica Witness, Replica Member)> StartTwoAsync(string url)
    {
        (string, string)[] settings = [("LeaseTime", LongerLease.ToString()), ("CrashGrace", "00:00:02")];
        var witness = await StartAsync([("MemberId", "witness"), .. settings]);
        var member = await StartOnAsync(url, [("MemberId", "member"), .. settings]);
        await ViewAsync(witness, "member", shown: true);
        await AcquireAsync(member, "work", "held");
        return (witness, member);
    }

    private static async Task HasLostNothingAsync(Replica witness, Replica member, ReplicaEvent before)
    {
        var look = await member.AskAsync("look", "held");
        Assert.Equal((true, false, nameof(MembershipState.Joined)), (look.IsHeld, look.IsLost, look.Text));
        Assert.True((await member.AskAsync("confirm", "held")).IsHeld);
        foreach (var state in new[] { await member.AskAsync("state"), await witness.AskAsync("state") })
        {
            Assert.Equal(before.View, state.View);
        }

        Assert.Equal(before.MemberNumber, (await member.AskAsync("state")).MemberNumber);
    }
}
