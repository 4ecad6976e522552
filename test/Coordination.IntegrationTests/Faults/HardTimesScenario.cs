using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>A member that has a lock, and a witness of what happens to it.</summary>
public abstract class HardTimesScenario(PostgresServer server) : ReplicaScenario(server)
{
    private protected static readonly TimeSpan LongerLease = TimeSpan.FromSeconds(10);

    /// <summary>Both are up and have told where they are reached: no more views are to come.</summary>
    private protected static bool IsComplete(ReplicaEvent state) =>
        state.Members.Count(text => text.Contains(" Up", StringComparison.Ordinal)) == 2 && state.Data.Count == 2 && state.Data.Values.All(url => url.Length > 0);

    private protected async Task<(Replica Witness, Replica Member)> StartTwoAsync(string url)
    {
        (string, string)[] settings = [("LeaseTime", LongerLease.ToString()), ("CrashGrace", "00:00:02")];
        var witness = await StartAsync([("MemberId", "witness"), .. settings]);
        var member = await StartOnAsync(url, [("MemberId", "member"), .. settings]);
        await ViewAsync(witness, "member", shown: true);
        await AcquireAsync(member, "work", "held");
        return (witness, member);
    }

    private protected static async Task HasLostNothingAsync(Replica witness, Replica member, ReplicaEvent before)
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
