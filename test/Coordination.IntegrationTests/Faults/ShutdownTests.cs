using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>A server that shuts down ends its sessions one after the other.</summary>
[Trait("Category", "Fault")]
public sealed class ShutdownTests(PostgresServer server) : ReplicaScenario(server)
{
    private PrivateCluster _cluster = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _cluster = Own(await Server.StartPrivateClusterAsync());
    }

    [Fact]
    public async Task Whoever_the_shutdown_has_not_come_to_yet_takes_nobody_for_dead()
    {
        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => StartOnAsync(
            _cluster.Address.Url, ("MemberId", $"pod-{i}"), ("LeaseTime", LongLease), ("CrashGrace", "00:00:30"))));
        var before = await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count == 3)));
        await Eventually.BecomesTrueAsync(
            () => _cluster.Address.ScalarAsync<bool>("select count(*) = 3 and min(last_heartbeat) > max(attached_at) and bool_and(watched) from coordination.members"), "all have been heard of");
        await using var inside = await _cluster.Address.OpenAsync();

        // Here for longer than the grace: all may accuse.
        await ExecuteAsync(inside, "update coordination.members set attached_at = attached_at - interval '1 minute'");

        // A server without processor time between two of the sessions that it ends: it has sent its signal to those of one member.
        await _cluster.SignalServerAsync("STOP");
        try
        {
            await ExecuteAsync(inside, "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%pod-1%'");
            await Eventually.BecomesTrueAsync(
                async () =>
                {
                    await using var waiting = new NpgsqlCommand(
                        "select exists (select from pg_stat_activity where state = 'idle in transaction' and state_change < clock_timestamp() - interval '0.2 s')", inside);
                    return await waiting.ExecuteScalarAsync() is true;
                },
                "a verdict waits for the server to let somebody in");
            await _cluster.SignalServerAsync("INT");
        }
        finally
        {
            await _cluster.SignalServerAsync("CONT");
        }

        await _cluster.StopFastAsync();
        await _cluster.StartAsync();

        var after = await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count == 3)));
        Assert.Equal(before.Select(state => state.MemberNumber), after.Select(state => state.MemberNumber));
        Assert.Equal(0, await _cluster.Address.ScalarAsync<long>("select count(*) from coordination.view_log where kind = 'died'"));
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
