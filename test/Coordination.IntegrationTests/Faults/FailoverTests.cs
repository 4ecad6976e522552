using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The primary is lost, and a standby that had not received everything takes its place.</summary>
[Trait("Category", "Fault")]
public sealed class FailoverTests(PostgresServer server) : ReplicaScenario(server)
{
    [Fact]
    public async Task After_the_promotion_of_a_standby_that_lagged_everybody_is_in_one_group_of_a_later_epoch_and_a_crash_is_seen_at_once()
    {
        var primary = Own(await Server.StartPrivateClusterAsync());
        var standby = Own(await primary.StartStandbyAsync());
        var url = $"postgresql://{primary.Address.User}:{primary.Address.Password}@127.0.0.1:{primary.Address.Port},127.0.0.1:{standby.Address.Port}/postgres";
        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => StartOnAsync(
            url, ("MemberId", $"pod-{i}"), ("CrashGrace", "00:00:01"), ("LeaseTime", LongLease), ("HeartbeatInterval", "00:00:00.5"))));
        await AcquireAsync(replicas[0], "work", "held");
        await Eventually.BecomesTrueAsync(
            () => standby.Address.ScalarAsync<bool>("select to_regclass('coordination.members') is not null"), "the standby has the schema");
        await standby.Address.ExecuteAsync("alter system set primary_conninfo = ''");
        await standby.Address.ExecuteAsync("select pg_reload_conf()");
        await Eventually.BecomesTrueAsync(() => primary.Address.ScalarAsync<bool>("select not exists (select from pg_stat_replication)"), "the standby hears nothing more");

        // What the standby does not know: a member, and the views it made.
        var late = await StartOnAsync(url, ("MemberId", "pod-3"), ("CrashGrace", "00:00:01"), ("LeaseTime", LongLease), ("HeartbeatInterval", "00:00:00.5"));
        var before = await BecomesMemberAsync(replicas[0], state => state.Members.Count == 4);
        await primary.StopImmediatelyAsync();
        await standby.Address.ExecuteAsync("select pg_promote()");

        Replica[] all = [.. replicas, late];
        var after = await Task.WhenAll(all.Select(replica => BecomesMemberAsync(replica, state => state.Epoch > before.Epoch && state.Members.Count == 4)));
        Assert.All(after, state => Assert.Equal(after[0].Members.Count, state.Members.Count));
        Assert.All(all, AssertNumbersRise);
        await AcquireAsync(replicas[1], "work", "again");
        Assert.True((await replicas[1].ExpectAsync("acquired", "again")).Token > (await replicas[0].ExpectAsync("acquired", "held")).Token);

        // The watchers have come along.
        await Eventually.BecomesTrueAsync(
            () => standby.Address.ScalarAsync<bool>(
                """
                select count(*) = 4 and bool_and(watched) and min(last_heartbeat) > max(attached_at)
                    and max(attached_at) < clock_timestamp() - max(grace_ms) * interval '1 ms'
                    and 4 = (select count(*) from pg_locks where locktype = 'advisory' and granted and classid::bigint = coordination.watcher_key())
                from coordination.members
                """),
            "all watch and may accuse");
        var killed = Time.GetTimestamp();
        await replicas[2].SignalAsync("KILL");
        foreach (var witness in new[] { replicas[0], replicas[1], late })
        {
            Assert.InRange(Seconds(killed, (await ViewAsync(witness, "pod-2", shown: false, since: killed)).At), 0, Soon);
        }
    }

    private static void AssertNumbersRise(Replica replica)
    {
        ReplicaEvent[] views = [.. replica.Events.Where(said => said is { Kind: "view", View: > 0 })];
        Assert.All(views.Zip(views.Skip(1)), pair => Assert.True(
            (pair.Second.Epoch, pair.Second.View).CompareTo((pair.First.Epoch, pair.First.View)) > 0, $"{pair.Second.Epoch}.{pair.Second.View} after {pair.First.Epoch}.{pair.First.View}"));
    }
}
