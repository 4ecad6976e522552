using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>A database that is restarted again before everybody is well again.</summary>
/// <remarks>COORDINATION_TEST_RAPID_RESTARTS sets how often, every three seconds; the guarantees are claimed for 10.</remarks>
[Trait("Category", "Fault")]
public sealed class RapidRestartTests(PostgresServer server) : ReplicaScenario(server)
{
    private const int Members = 4;

    private static readonly int Restarts = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_RAPID_RESTARTS") ?? "3", CultureInfo.InvariantCulture);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    private PrivateCluster _cluster = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _cluster = Own(await Server.StartPrivateClusterAsync());
    }

    [Fact]
    public async Task Restarts_in_quick_succession_cost_no_member_and_no_view()
    {
        // The lease outlives all of them: what is tried is whether the verdicts hold, not whether the server is fast.
        var replicas = await Task.WhenAll(Enumerable.Range(0, Members).Select(i => StartOnAsync(
            _cluster.Address.Url, ("MemberId", $"pod-{i}"), ("LeaseTime", (2 * Restarts * Every).ToString()), ("CrashGrace", "00:00:02"))));
        var before = await NumbersAsync(replicas);

        for (var i = 0; i < Restarts; i++)
        {
            var began = Time.GetTimestamp();
            await (i % 2 == 0 ? _cluster.StopFastAsync() : _cluster.StopImmediatelyAsync());
            await _cluster.StartAsync();
            if (Every - Time.GetElapsedTime(began) is { Ticks: > 0 } rest)
            {
                await Task.Delay(rest, Time, TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(before, await NumbersAsync(replicas));

        // Whoever was wrongly noted as lost would be dead after three times the grace.
        await Task.Delay(TimeSpan.FromSeconds(7), Time, TestContext.Current.CancellationToken);
        Assert.Equal(before, await NumbersAsync(replicas));
        foreach (var replica in replicas)
        {
            var views = replica.Events.Where(said => said is { Kind: "view", View: > 0 }).ToArray();
            Assert.All(views.Zip(views.Skip(1)), pair => Assert.Equal((pair.First.Epoch, pair.First.View + 1, false), (pair.Second.Epoch, pair.Second.View, pair.Second.IsReset)));
            Assert.DoesNotContain(views, view => view.Changes.Any(change => change.StartsWith("Died", StringComparison.Ordinal) || change.StartsWith("Superseded", StringComparison.Ordinal)));
        }
    }

    private static async Task<long[]> NumbersAsync(Replica[] replicas) =>
    [
        .. (await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(
            replica, state => state.Members.Count(text => text.Contains(" Up", StringComparison.Ordinal)) == Members)))).Select(state => state.MemberNumber),
    ];
}
