using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The server's wall clock is set while everything runs.</summary>
/// <remarks>Ahead by libfaketime; what a clock that is set back may change stands in <see cref="VerdictTests"/>, because the library now and then forgets to.</remarks>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class ClockJumpTests(PostgresServer server) : ReplicaScenario(server)
{
    private const int Jump = 3600;

    private static readonly TimeSpan LongerLease = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task A_jump_of_the_servers_clock_costs_no_member_and_kills_are_seen_afterwards()
    {
        using var clock = FakeClock.New();
        var cluster = Own(await Server.StartPrivateClusterAsync());
        await cluster.StopFastAsync();
        cluster.Environment = [.. clock.Environment.Select(variable => $"{variable.Name}={variable.Value}")];
        await cluster.StartAsync();
        var replicas = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => StartOnAsync(cluster.Address.Url, Settings($"pod-{i}"))));
        var before = await NumbersAsync(replicas);

        var set = Time.GetTimestamp();
        clock.Set(TimeSpan.FromSeconds(Jump));
        await using (var connection = await cluster.Address.OpenAsync())
        {
            await using var ask = new Npgsql.NpgsqlCommand("select extract(epoch from clock_timestamp())", connection);
            var now = (decimal)(await ask.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
            Assert.InRange(now - Time.GetUtcNow().ToUnixTimeSeconds(), Jump - 30, Jump + 30);
        }

        await Task.Delay(2 * LongerLease, Time, TestContext.Current.CancellationToken);

        var after = await NumbersAsync(replicas);
        Assert.DoesNotContain(
            replicas[0].Events.Where(said => said.Kind == "view" && said.At > set).SelectMany(said => said.Details),
            change => change.StartsWith("Died", StringComparison.Ordinal) || change.StartsWith("Superseded", StringComparison.Ordinal));
        Assert.Equal(before, after);
        var killed = Time.GetTimestamp();
        await replicas[3].SignalAsync("KILL");
        foreach (var witness in replicas[..3])
        {
            Assert.Contains("Died pod-3", (await ViewAsync(witness, "pod-3", shown: false, since: killed)).Changes);
        }
    }

    private static (string, string)[] Settings(string id) => [("MemberId", id), ("LeaseTime", LongerLease.ToString()), ("CrashGrace", "00:00:02")];

    private static async Task<long[]> NumbersAsync(Replica[] replicas) =>
    [
        .. (await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(
            replica, state => state.Members.Count(text => text.Contains(" Up", StringComparison.Ordinal)) == replicas.Length)))).Select(state => state.MemberNumber),
    ];
}
