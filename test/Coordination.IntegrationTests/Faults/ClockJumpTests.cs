using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The server's wall clock is set while everything runs.</summary>
/// <remarks>Ahead by libfaketime; what a clock that is set back may change stands in <see cref="VerdictTests"/>, because the library now and then forgets to.</remarks>
[Trait("Category", "Fault")]
public sealed class ClockJumpTests(PostgresServer server) : ReplicaScenario(server)
{
    private const int Jump = 3600;

    /// <summary>Long enough for a machine that has other tests to run: what is tried is whether the clock ends a lease, not whether the machine is fast.</summary>
    private static readonly TimeSpan LongerLease = TimeSpan.FromSeconds(10);

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

    /// <summary>From an hour ahead to the true time, which is also what the server's signal handlers see: by a clock that is set behind the true one they would be misled.</summary>
    [Fact]
    public async Task After_a_step_back_of_the_servers_clock_waits_end_when_they_should_and_an_observer_judges()
    {
        using var clock = FakeClock.New();
        clock.Set(TimeSpan.FromSeconds(Jump));
        var cluster = Own(await Server.StartPrivateClusterAsync());
        await cluster.StopFastAsync();
        cluster.Environment = [.. clock.Environment.Select(variable => $"{variable.Name}={variable.Value}")];
        await cluster.StartAsync();
        await using (await RunningHost.StartAsync(options => options.BackendUrl = cluster.Address.Url))
        {
            // It made the schema.
        }

        await cluster.Address.ExecuteAsync(
            """
            insert into coordination.members (member_no, group_id, member_id, status, session_no, lease_ms, grace_ms, pid, joined_at, attached_at, last_heartbeat, joined_epoch, joined_view, metadata)
            select 1000000, group_id, 'gone', 'up', 1, 10000, 500, 1, now(), now(), now(), 1, 1, jsonb_build_object() from coordination.groups limit 1
            """);
        await using var holder = await cluster.Address.OpenAsync();
        await AskAsync(holder, "select count(pg_advisory_lock(key)) from unnest(array[1, 2]::bigint[]) as of (key)");
        await using var waiter = await cluster.Address.OpenAsync();
        await using var observer = await cluster.Address.OpenAsync();
        var waiting = AskAsync(waiter, "select coordination.wait_lock(1, 2, false, false, false, false, 3000)");
        await Eventually.BecomesTrueAsync(() => cluster.Address.ScalarAsync<bool>("select exists (select from pg_locks where locktype = 'advisory' and not granted)"), "it waits for the turnstile");

        clock.Set(TimeSpan.Zero);
        await AskAsync(holder, "select pg_advisory_unlock(1)"); // it goes on to the key

        Assert.Equal(1L, await waiting);
        await AskAsync(waiter, "select pg_advisory_unlock(1)");
        Assert.Equal(1, await AskAsync(waiter, "select coordination.wait_place(1, array[2]::bigint[], false, 200)"));
        var looks = 0;
        while ((int)(await AskAsync(observer, "select changes from coordination.judge((select group_id from coordination.members where member_no = 1000000), 0, 0, true)"))! == 0)
        {
            Assert.InRange(++looks, 1, 100);
            await AskAsync(observer, "select pg_sleep(0.2)");
        }

        Assert.InRange(looks, 5, 100); // three times the grace: nobody saw it go
        Assert.Equal("died", await cluster.Address.ScalarAsync<string>("select kind from coordination.view_log order by view desc limit 1"));
    }

    private static async Task<object?> AskAsync(Npgsql.NpgsqlConnection connection, string sql)
    {
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    private static (string, string)[] Settings(string id) => [("MemberId", id), ("LeaseTime", LongerLease.ToString()), ("CrashGrace", "00:00:02")];

    private static async Task<long[]> NumbersAsync(Replica[] replicas) =>
    [
        .. (await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(
            replica, state => state.Members.Count(text => text.Contains(" Up", StringComparison.Ordinal)) == replicas.Length)))).Select(state => state.MemberNumber),
    ];
}
