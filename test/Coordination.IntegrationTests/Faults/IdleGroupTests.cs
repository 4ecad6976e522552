using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>What a group costs its server when nothing happens.</summary>
/// <remarks>COORDINATION_TEST_IDLE sets for how many seconds; the figures of the documents are those of 300, and stand in the test's output.</remarks>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class IdleGroupTests(PostgresServer server, ITestOutputHelper output) : ReplicaScenario(server)
{
    private static readonly double IdleSeconds = double.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_IDLE") ?? "10", CultureInfo.InvariantCulture);

    /// <summary>Both ways of beating at the same time, each on a server of its own: what is counted is what the one server writes and says, and most of the time nobody does anything.</summary>
    [Fact]
    public Task Five_idle_members_write_little_hold_back_no_vacuum_and_say_nothing_in_the_servers_log() => Task.WhenAll(
        MeasureAsync("Sparse", 70), // 20 kB in five minutes
        MeasureAsync("Written", 1000));

    private async Task MeasureAsync(string mode, int bytesPerSecond)
    {
        // Nothing of the server's own is to be counted.
        var cluster = Own(await Server.StartPrivateClusterAsync("autovacuum=off", "checkpoint_timeout=1h", "log_lock_waits=on", "log_min_messages=warning"));
        var replicas = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => StartOnAsync(cluster.Address.Url, ("MemberId", $"pod-{i}"), ("LeaseTime", "00:00:10"), ("HeartbeatMode", mode))));
        await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count == 5)));

        // Until the heartbeats that follow the last view are written, and what they wrote is not the first change of its page.
        await cluster.Address.ExecuteAsync("checkpoint");
        await Task.Delay(TimeSpan.FromSeconds(4), Time, TestContext.Current.CancellationToken);
        var (mark, began) = (cluster.Log.Mark(), Time.GetTimestamp());
        var before = await LogPositionAsync(cluster);
        var statements = await StatementsAsync(cluster);
        double oldest = 0;
        double longest = 0;
        while (Time.GetElapsedTime(began).TotalSeconds < IdleSeconds)
        {
            oldest = Math.Max(oldest, await cluster.Address.ScalarAsync<double>(
                "select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid()"));
            longest = Math.Max(longest, await cluster.Address.ScalarAsync<double>(
                "select coalesce(max(extract(epoch from clock_timestamp() - query_start)), 0)::float8 from pg_stat_activity where wait_event_type = 'Lock'"));
            await Task.Delay(TimeSpan.FromMilliseconds(100), Time, TestContext.Current.CancellationToken);
        }

        var seconds = Time.GetElapsedTime(began).TotalSeconds;
        var written = await LogPositionAsync(cluster) - before;
        var asked = (await StatementsAsync(cluster) - statements) / seconds;
        output.WriteLine($"{mode}: {seconds:0} s, {written:0} bytes of WAL, {asked:0} transactions/s (those of the test included), oldest snapshot {oldest:0.00} s, longest wait {longest:0.00} s");
        var most = (decimal)(bytesPerSecond * seconds) + 4000; // the server's own running-transactions records among them
        Assert.True(written <= most, $"{mode}: {written:0} bytes of WAL in {seconds:0} s, and {most:0} were to be the most.");
        Assert.InRange(oldest, 0, 5); // both are a part of a second on a machine that has nothing else to do, and as long as the test where something waits on and on
        Assert.InRange(longest, 0, 5);
        Assert.Empty(await cluster.Log.SinceAsync(mark));
    }

    private static Task<decimal> LogPositionAsync(PrivateCluster cluster) => cluster.Address.ScalarAsync<decimal>("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')");

    private static Task<long> StatementsAsync(PrivateCluster cluster) => cluster.Address.ScalarAsync<long>("select sum(xact_commit)::bigint from pg_stat_database");
}
