using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>A database that goes away again and again, each time in another way, under six members.</summary>
/// <remarks>COORDINATION_TEST_RESTARTS sets how often; the guarantees are claimed for 30.</remarks>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class RestartStormTests(PostgresServer server, ITestOutputHelper output) : ReplicaScenario(server)
{
    private const int Members = 6;

    private static readonly int Restarts = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_RESTARTS") ?? "3", CultureInfo.InvariantCulture);

    private PrivateCluster _cluster = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _cluster = Own(await Server.StartPrivateClusterAsync());
    }

    [Fact]
    public async Task Restarts_and_crashes_of_the_database_cost_no_member_and_no_view()
    {
        var replicas = await Task.WhenAll(Enumerable.Range(0, Members).Select(i => StartOnAsync(
            _cluster.Address.Url, ("MemberId", $"pod-{i}"), ("LeaseTime", "00:00:10"), ("CrashGrace", "00:00:02"))));
        var numbers = await NumbersAsync(replicas);
        List<double> healthy = [];

        for (var i = 0; i < Restarts; i++)
        {
            var before = await Task.WhenAll(replicas.Select(ReconnectsAsync));
            var back = await StrikeAsync(i);
            for (var j = 0; j < Members; j++)
            {
                await Eventually.BecomesTrueAsync(async () => await ReconnectsAsync(replicas[j]) > before[j], $"pod-{j} has connected again");
            }

            healthy.Add(Seconds(back, Time.GetTimestamp()));
            Assert.Equal(numbers, await NumbersAsync(replicas));
        }

        // Whoever was wrongly noted as lost would be dead after three times the grace.
        await Task.Delay(TimeSpan.FromSeconds(7), Time, TestContext.Current.CancellationToken);
        Assert.Equal(numbers, await NumbersAsync(replicas));
        Assert.All(replicas, replica => Assert.DoesNotContain(
            replica.Events, said => said.Changes.Any(change => change.StartsWith("Died", StringComparison.Ordinal) || change.StartsWith("Left", StringComparison.Ordinal))));
        Assert.All(replicas, AssertGapless);
        output.WriteLine($"{Restarts} restarts: all healthy again p50 {healthy.Order().ElementAt(healthy.Count / 2):0.0} s, max {healthy.Max():0.0} s after the server accepts connections");
    }

    private static async Task<long[]> NumbersAsync(Replica[] replicas) =>
        [.. (await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count(text => text.Contains(" Up", StringComparison.Ordinal)) == Members)))).Select(state => state.MemberNumber)];

    private static async Task<int> ReconnectsAsync(Replica replica)
    {
        var health = await replica.AskAsync("health");
        return health.Text is "Healthy" ? int.Parse(health.Data["reconnects"], CultureInfo.InvariantCulture) : -1;
    }

    private static void AssertGapless(Replica replica)
    {
        var views = replica.Events.Where(said => said is { Kind: "view", View: > 0 }).ToArray();
        Assert.All(views.Zip(views.Skip(1)), pair => Assert.Equal((pair.First.Epoch, pair.First.View + 1, false), (pair.Second.Epoch, pair.Second.View, pair.Second.IsReset)));
    }

    /// <returns>When the server accepted connections again.</returns>
    private async Task<long> StrikeAsync(int turn)
    {
        switch (turn % 3)
        {
            case 0:
                await _cluster.StopFastAsync();
                await _cluster.StartAsync();
                break;
            case 1:
                await _cluster.StopImmediatelyAsync();
                await _cluster.StartAsync();
                break;
            default:
                // One backend dies, and the server ends all of them and recovers.
                await Command.RunAsync("kill", ["-KILL", (await _cluster.Address.ScalarAsync<int>("select pid from coordination.live_connections order by random() limit 1")).ToString(CultureInfo.InvariantCulture)]);
                await Eventually.BecomesTrueAsync(AcceptsAsync, "the server has recovered");
                break;
        }

        return Time.GetTimestamp();
    }

    private async Task<bool> AcceptsAsync()
    {
        try
        {
            return await _cluster.Address.ScalarAsync<bool>("select not pg_is_in_recovery()");
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }
}
