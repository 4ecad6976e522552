using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Heartbeats that a synchronous standby has to confirm.</summary>
[Trait("Category", "Fault")]
public sealed class DurableHeartbeatTests(PostgresServer server) : ReplicaScenario(server)
{
    private PrivateCluster _cluster = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _cluster = Own(await Server.StartPrivateClusterAsync());
    }

    [Fact]
    public async Task Without_a_synchronous_standby_a_durable_heartbeat_is_refused_at_the_start()
    {
        var refused = Own(Replica.Start(("BackendUrl", _cluster.Address.Url), ("HeartbeatMode", "Durable")));

        var failed = await refused.ExpectAsync("failed", limit: Limits.Long);

        Assert.Contains("synchronous_standby_names", failed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_primary_without_its_standby_keeps_no_member()
    {
        var standby = Own(await _cluster.StartStandbyAsync("standby"));
        await RequireStandbyAsync();
        var replica = await StartOnAsync(_cluster.Address.Url, ("HeartbeatMode", "Durable"));
        await AcquireAsync(replica, "work", "held");
        await Task.Delay(Lease, Time, TestContext.Current.CancellationToken); // confirmed heartbeats keep the lease, not only its beginning
        Assert.True((await replica.AskAsync("look", "held")).IsHeld);

        await standby.StopImmediatelyAsync();
        var alone = Time.GetTimestamp();

        var lost = await replica.ExpectAsync("lost", "held");
        Assert.InRange(Seconds(alone, lost.At), 0, Lease.TotalSeconds + Soon);
        Assert.NotEqual(nameof(MembershipState.Joined), (await replica.AskAsync("state")).Text);
        await standby.StartAsync();
        await BecomesMemberAsync(replica);
    }

    [Fact]
    public async Task A_wait_for_the_standby_that_was_cancelled_is_no_heartbeat()
    {
        var standby = Own(await _cluster.StartStandbyAsync("standby"));
        await RequireStandbyAsync();
        var replica = await StartOnAsync(_cluster.Address.Url, ("HeartbeatMode", "Durable"), ("LeaseTime", LongLease), ("HeartbeatInterval", "00:00:00.5"));
        await AcquireAsync(replica, "work", "held");
        var session = await _cluster.Address.ScalarAsync<int>("select pid from coordination.live_connections where kind = 'session'");

        await standby.StopImmediatelyAsync();
        await Eventually.BecomesTrueAsync(
            () => _cluster.Address.ScalarAsync<bool>($"select wait_event = 'SyncRep' from pg_stat_activity where pid = {session}"), "the heartbeat waits for the standby");
        var cancelled = Time.GetTimestamp();
        await _cluster.Address.ExecuteAsync($"select pg_cancel_backend({session})");

        Assert.InRange(Seconds(cancelled, (await replica.ExpectAsync("lost", "held")).At), 0, Soon);
        await Eventually.BecomesTrueAsync(
            () => Task.FromResult(replica.Log.Contains("was not confirmed by the synchronous standby", StringComparison.Ordinal)), "the log says why");
    }

    [Fact]
    public async Task A_join_whose_first_heartbeat_was_not_confirmed_leaves_nobody_behind()
    {
        var standby = Own(await _cluster.StartStandbyAsync("standby"));
        await RequireStandbyAsync();
        await using (await RunningHost.StartAsync(options => options.BackendUrl = _cluster.Address.Url))
        {
            // It made the schema.
        }

        await standby.StopImmediatelyAsync();
        var coming = Own(Replica.Start(("BackendUrl", _cluster.Address.Url), ("HeartbeatMode", "Durable"), ("LeaseTime", LongLease), ("StartupTimeout", "00:05:00")));
        await Eventually.BecomesTrueAsync(
            () => _cluster.Address.ScalarAsync<bool>("select exists (select from pg_stat_activity where wait_event = 'SyncRep')"), "the first heartbeat waits for the standby");
        Assert.Equal(1L, await _cluster.Address.ScalarAsync<long>("select count(*) from coordination.members"));
        var number = await _cluster.Address.ScalarAsync<int>("select member_no from coordination.members");

        await _cluster.Address.ExecuteAsync("select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'");

        await Eventually.BecomesTrueAsync(
            () => _cluster.Address.ScalarAsync<bool>($"select exists (select from coordination.view_log where member_no = {number} and kind = 'left')"), "it has left");
        await standby.StartAsync();
        await coming.ExpectAsync("started", limit: Limits.Long);
    }

    /// <summary>From here on durable commits wait; set up after the databases, whose own commits would.</summary>
    private async Task RequireStandbyAsync()
    {
        await _cluster.Address.ExecuteAsync("alter system set synchronous_standby_names = 'standby'");
        await _cluster.Address.ExecuteAsync("select pg_reload_conf()");
        await Eventually.BecomesTrueAsync(
            () => _cluster.Address.ScalarAsync<bool>("select exists (select from pg_stat_replication where sync_state = 'sync')"), "the standby is synchronous");
    }
}
