using System.Net;
using System.Net.Sockets;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>How a replica starts.</summary>
public sealed class StartTests(PostgresServer server) : ReplicaScenario(server)
{
    [Fact]
    public async Task A_roles_own_time_limits_end_none_of_our_connections()
    {
        await using var role = await TestRole.CreateAsync(Database);
        await Database.ExecuteAsync($"grant create on database {Database.Name} to {role.Name}");
        foreach (var setting in new[]
        {
            "statement_timeout = '50ms'", "lock_timeout = '20ms'", "idle_session_timeout = '300ms'", "idle_in_transaction_session_timeout = '300ms'",
            "default_transaction_isolation = 'serializable'", "synchronous_commit = 'remote_apply'", "search_path = 'nowhere'", "jit_above_cost = 0",
        })
        {
            await Database.ExecuteAsync($"alter role {role.Name} set {setting}");
        }

        var replicas = new[] { await StartOnAsync(role.Address.Url, ("MemberId", "a")), await StartOnAsync(role.Address.Url, ("MemberId", "b")) };
        await BecomesMemberAsync(replicas[0], state => state.Members.Count == 2);
        await Eventually.BecomesTrueAsync(async () => (await ConnectionsAsync()).Split(' ').Length == 4, "two sessions and two watchers are there");
        var before = await ConnectionsAsync();

        await Task.Delay(Lease, Time, TestContext.Current.CancellationToken); // ten times the longest of those limits

        Assert.Equal(before, await ConnectionsAsync());
        Assert.Equal("0", (await replicas[0].AskAsync("health")).Data["reconnects"]);

        async Task<string> ConnectionsAsync() =>
            await Database.ScalarAsync<string>("select coalesce(string_agg(pid::text, ' ' order by pid), '') from coordination.live_connections") ?? string.Empty;
    }

    [Fact]
    public async Task Whoever_has_another_lease_or_grace_than_its_group_is_told_and_may_stay()
    {
        await using var first = await RunningHost.StartAsync(options => (options.BackendUrl, options.MemberId) = (Database.Url, "first"));
        using var log = new LogCollector();

        await using var second = await RunningHost.StartAsync(
            options => (options.BackendUrl, options.MemberId, options.LeaseTime) = (Database.Url, "second", TimeSpan.FromSeconds(20)), log);

        Assert.Contains("2007 Member 'first' of group 'hosts' has LeaseTime 10000 ms and CrashGrace 3000 ms, this process 20000 ms and 3000 ms", log.Text, StringComparison.Ordinal);
        Assert.Equal(2, (await first.Group.RefreshAsync(TestContext.Current.CancellationToken)).Members.Count);
    }

    [Fact]
    public async Task Ten_replicas_that_start_at_the_same_instant_on_an_empty_database_are_all_up_and_see_the_same_views()
    {
        var replicas = Enumerable.Range(0, 10)
            .Select(i => Own(Replica.Start(
                ("BackendUrl", Database.Url), ("Group", "ten"), ("MemberId", $"replica-{i}"), (":Gate", "closed"), ("Logging:LogLevel:Default", "Information"))))
            .ToArray();
        await Task.WhenAll(replicas.Select(replica => replica.ExpectAsync("ready", limit: Limits.Long)));
        Array.ForEach(replicas, replica => replica.Tell(new ReplicaCommand("finish") { Name = "gate" }));

        await Task.WhenAll(replicas.Select(replica => replica.ExpectAsync("started", limit: Limits.Long)));

        // The last change is the last one's url: everybody has it when the database says that there is no later view.
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                var states = await Task.WhenAll(replicas.Select(replica => replica.AskAsync("state")));
                return states.Select(state => state.View).Distinct().Count() == 1
                    && Array.TrueForAll(states, state => state.Members.Count == 10 && state.Data.Values.All(url => url.Length > 0));
            },
            "ten replicas agree on a view of ten members with their urls");
        AssertSameViews(replicas);
    }

    [Fact]
    public async Task A_replica_has_joined_before_it_listens_and_publishes_where()
    {
        await using var relay = Relay.To(Database.Address);
        relay.Silence();
        var port = FreePort.Find();
        var replica = Own(Replica.Start(
            ("BackendUrl", relay.Address.Url), ("Group", "replicas"), ("MemberId", "replica"), (":Listen", $"http://127.0.0.1:{port}")));
        await relay.CalledAsync();
        Assert.False(await AnswersAsync(port));

        relay.Restore();

        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Eventually.BecomesTrueAsync(() => AnswersAsync(port), "the replica listens");
        Assert.Equal(nameof(MembershipState.Joined), await client.GetStringAsync(new Uri("/state", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal("Healthy", await client.GetStringAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken));
        var witness = await StartAsync();
        await Eventually.BecomesTrueAsync(
            async () => (await witness.AskAsync("state")).Data.GetValueOrDefault("replica")?.TrimEnd('/') == $"http://127.0.0.1:{port}", "the url is published");
    }

    [Fact]
    public async Task A_required_backend_that_cannot_be_reached_fails_the_start_in_time_and_says_where_it_looked()
    {
        var port = FreePort.Find();
        var started = Time.GetTimestamp();
        var replica = Own(Replica.Start(("BackendUrl", $"postgresql://app:secret-word@127.0.0.1:{port}/orders"), ("Group", "replicas"), ("StartupTimeout", "00:00:02")));

        var failed = await replica.ExpectAsync("failed");

        Assert.Equal(1, await replica.ExitAsync());
        Assert.InRange(Seconds(started, failed.At), 2, Limits.Step.TotalSeconds);
        Assert.Contains($"127.0.0.1:{port}", failed.Text, StringComparison.Ordinal);
        Assert.Contains("StartupMode", failed.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", failed.Text + replica.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_background_start_is_unhealthy_until_the_server_is_there_and_joins_then()
    {
        await using var cluster = await Server.StartPrivateClusterAsync();
        await cluster.StopFastAsync();
        var replica = await StartOnAsync(cluster.Address.Url, ("StartupMode", "Background"));
        Assert.Equal("Unhealthy", (await replica.AskAsync("health")).Text);
        var refused = await replica.AskAsync("try", "work");
        Assert.StartsWith(nameof(CoordinationUnavailableException), refused.Text, StringComparison.Ordinal);

        await cluster.StartAsync();

        await BecomesMemberAsync(replica);
        Assert.Equal("Healthy", (await replica.AskAsync("health")).Text);
        Assert.Equal("acquired", (await replica.AskAsync("try", "work")).Kind);
    }

    private static void AssertSameViews(IEnumerable<Replica> replicas)
    {
        var known = new Dictionary<(long Epoch, long View), string>();
        foreach (var replica in replicas)
        {
            ReplicaEvent? last = null;
            foreach (var view in replica.Events.Where(said => said.Kind == "view" && said.View > 0))
            {
                Assert.True(last is null || view.IsReset || (view.Epoch == last.Epoch && view.View == last.View + 1), $"view {view.Epoch}.{view.View} does not follow {last?.Epoch}.{last?.View}");
                var content = string.Join(", ", view.Members);
                if (!known.TryAdd((view.Epoch, view.View), content))
                {
                    Assert.Equal(known[(view.Epoch, view.View)], content);
                }

                last = view;
            }
        }

        // Each came as a view of its own; with fewer numbers than members nothing would have been compared.
        Assert.True(known.Count >= 10, $"only {known.Count} views were seen");
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
