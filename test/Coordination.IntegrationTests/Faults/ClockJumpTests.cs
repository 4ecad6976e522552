using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Wall clocks that are set while everything runs.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class ClockJumpTests(PostgresServer server) : ReplicaScenario(server)
{
    private static readonly TimeSpan LongerLease = TimeSpan.FromSeconds(6);

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public async Task A_jump_of_the_servers_clock_costs_no_member_and_kills_are_seen_afterwards(int seconds)
    {
        using var clock = FakeClock.New();
        var cluster = Own(await Server.StartPrivateClusterAsync());
        await cluster.StopFastAsync();
        cluster.Environment = [.. clock.Environment.Select(variable => $"{variable.Name}={variable.Value}")];
        await cluster.StartAsync();
        var replicas = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => StartOnAsync(cluster.Address.Url, Settings($"pod-{i}"))));
        var before = await NumbersAsync(replicas);

        var set = Time.GetTimestamp();
        clock.Set(TimeSpan.FromSeconds(seconds));
        await using (var connection = await cluster.Address.OpenAsync())
        {
            await using var ask = new Npgsql.NpgsqlCommand("select extract(epoch from clock_timestamp())", connection);
            var now = (decimal)(await ask.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
            Assert.InRange(now - Time.GetUtcNow().ToUnixTimeSeconds(), seconds - 30, seconds + 30);
        }

        await Task.Delay(2 * LongerLease, Time, TestContext.Current.CancellationToken);

        Assert.Equal(before, await NumbersAsync(replicas));
        Assert.All(replicas, replica => Assert.DoesNotContain(
            replica.Events, said => said.Kind == "view" && said.At > set && said.Changes.Any(change => change.StartsWith("Died", StringComparison.Ordinal) || change.StartsWith("Superseded", StringComparison.Ordinal))));
        var killed = Time.GetTimestamp();
        await replicas[3].SignalAsync("KILL");
        foreach (var witness in replicas[..3])
        {
            Assert.Contains("Died pod-3", (await ViewAsync(witness, "pod-3", shown: false, since: killed)).Changes);
        }
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public async Task A_jump_of_a_processs_own_clock_changes_nothing(int seconds)
    {
        using var clock = FakeClock.New();
        var replica = await StartAsync([.. Settings("pod"), .. clock.Environment.Select(variable => (":" + variable.Name, variable.Value))]);
        await AcquireAsync(replica, "work", "held");
        var before = await BecomesMemberAsync(replica);

        clock.Set(TimeSpan.FromSeconds(seconds));
        await Task.Delay(2 * LongerLease, Time, TestContext.Current.CancellationToken);

        Assert.True((await replica.AskAsync("confirm", "held")).IsHeld);
        var look = await replica.AskAsync("look", "held");
        Assert.Equal((true, false, nameof(MembershipState.Joined)), (look.IsHeld, look.IsLost, look.Text));
        Assert.Equal(before.MemberNumber, (await replica.AskAsync("state")).MemberNumber);
        Assert.Equal("0", (await replica.AskAsync("health")).Data["reconnects"]);
    }

    private static (string, string)[] Settings(string id) => [("MemberId", id), ("LeaseTime", LongerLease.ToString()), ("CrashGrace", "00:00:02")];

    private static async Task<long[]> NumbersAsync(Replica[] replicas) =>
    [
        .. (await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(
            replica, state => state.Members.Count(text => text.Contains(" Up", StringComparison.Ordinal)) == replicas.Length)))).Select(state => state.MemberNumber),
    ];
}
