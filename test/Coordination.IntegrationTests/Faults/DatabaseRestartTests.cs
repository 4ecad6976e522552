using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The whole server goes away and comes back.</summary>
/// <remarks>COORDINATION_TEST_OUTAGE sets for how many seconds the long outage lasts; the guarantees are claimed for 60.</remarks>
public sealed class DatabaseRestartTests(PostgresServer server) : ReplicaScenario(server)
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_OUTAGE") ?? (2 * Lease.TotalSeconds).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));

    private PrivateCluster _cluster = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _cluster = Own(await Server.StartPrivateClusterAsync());
    }

    [Theory]
    [InlineData("fast")]
    [InlineData("immediate")]
    public async Task A_restart_of_the_database_costs_locks_but_no_member(string mode)
    {
        // A lease that outlives the restart of a server on a busy machine; the grace is what could cost members.
        var replicas = await StartThreeAsync(("LeaseTime", LongLease), ("CrashGrace", "00:00:02"));
        await AcquireAsync(replicas[0], "work", "held");
        var before = await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count == 3)));

        var stopped = Time.GetTimestamp();
        await (mode == "fast" ? _cluster.StopFastAsync() : _cluster.StopImmediatelyAsync());
        Assert.InRange(Seconds(stopped, (await replicas[0].ExpectAsync("lost", "held")).At), 0, Soon);
        await _cluster.StartAsync();

        var after = await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica)));
        Assert.Equal(before.Select(state => state.MemberNumber), after.Select(state => state.MemberNumber));

        // A verdict of death needs the grace three times; whoever was not judged until then is not judged for this restart.
        await Task.Delay(TimeSpan.FromSeconds(7), Time, TestContext.Current.CancellationToken);
        var last = await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count == 3)));
        Assert.Equal(before.Select(state => state.MemberNumber), last.Select(state => state.MemberNumber));
        Assert.All(replicas, replica => Assert.DoesNotContain(
            replica.Events, said => said.Changes.Any(change => change.StartsWith("Died", StringComparison.Ordinal) || change.StartsWith("Left", StringComparison.Ordinal))));
        await AcquireAsync(replicas[1], "work", "again");
    }

    [Fact]
    public async Task A_database_that_is_away_for_longer_than_the_lease_costs_the_membership_and_gives_a_new_one()
    {
        var replicas = await StartThreeAsync();
        await AcquireAsync(replicas[0], "work", "held");
        await BecomesMemberAsync(replicas[0], state => state.Members.Count == 3);

        await _cluster.StopFastAsync();
        var away = Time.GetTimestamp();
        foreach (var replica in replicas)
        {
            await Eventually.BecomesTrueAsync(
                async () => (await replica.AskAsync("state")).Text is nameof(MembershipState.Lost), "a replica without a server loses its lease");
            Assert.Equal("Unhealthy", (await replica.AskAsync("health")).Text);
        }

        var refused = await replicas[0].AskAsync("try", "work");
        Assert.Equal("error", refused.Kind);
        Assert.StartsWith(nameof(CoordinationUnavailableException), refused.Text, StringComparison.Ordinal);

        if (Outage - Time.GetElapsedTime(away) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, Time, TestContext.Current.CancellationToken);
        }

        await _cluster.StartAsync();

        await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count == 3)));
        await AcquireAsync(replicas[1], "work", "again");
        Assert.True((await replicas[1].ExpectAsync("acquired", "again")).Token > (await replicas[0].ExpectAsync("acquired", "held")).Token);
    }

    private async Task<Replica[]> StartThreeAsync(params (string Key, string Value)[] settings) =>
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartOnAsync(_cluster.Address.Url, settings)));
}
