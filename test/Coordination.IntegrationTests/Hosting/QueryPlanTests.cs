using System.Text.Json;
using System.Text.RegularExpressions;
using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>How the server carries out two statements on which the speed of a large group depends: nothing else would tell that an index is not used any more.</summary>
/// <remarks>The text is the product's own: of the library, or of the function as it is in the schema. The plan is the one that its sessions use, made once and for all values.</remarks>
public sealed class QueryPlanTests(PostgresServer server) : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private NpgsqlConnection _session = null!;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        await using (await RunningHost.StartAsync(options => options.BackendUrl = _database.Url))
        {
            // It made the schema.
        }

        _session = await _database.OpenAsync();
        await RunAsync("set plan_cache_mode = force_generic_plan; set search_path = pg_catalog, pg_temp; delete from coordination.groups");
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Theory]
    [InlineData(1, 10_000)]
    [InlineData(8, 5_000)]
    public async Task Whoever_reads_later_views_reads_a_range_of_the_log_by_its_index(int groups, int views)
    {
        await FillAsync(groups, members: 2);
        await RunAsync($"""
            insert into coordination.view_log
            select g.group_id, g.epoch, v, 1, now(), 'updated', 1, 'pod', 'up', now(), null, jsonb_build_object()
            from coordination.groups g, generate_series(1, {views}) v;
            analyze coordination.view_log;
            """);
        var text = Placed(OfLibrary("ReadChanges"), "@Group", "@Epoch", "@View");
        await RunAsync($"prepare reads(bigint, bigint, bigint) as {text}");

        var nodes = await NodesAsync("execute reads(1, 1, 42)");

        Assert.DoesNotContain(nodes, node => Says(node, "Node Type") == "Seq Scan" && Says(node, "Relation Name") == "view_log");
        var scan = Assert.Single(nodes, node => Says(node, "Index Name") == "view_log_pkey");
        Assert.Matches(@"\(l?\.?group_id = .*epoch = .*view > \$3\).*view <= '9223372036854775807'", Says(scan, "Index Cond"));
    }

    [Fact]
    public async Task The_witnesses_of_a_lost_member_are_found_by_the_index_of_their_group()
    {
        await FillAsync(groups: 100, members: 100);
        await RunAsync($"prepare searches(bigint, integer) as select {await SearchAsync()}");

        var scans = (await NodesAsync("execute searches(7, 601)")).Where(node => Says(node, "Relation Name") == "members").ToList();

        Assert.Equal(["m", "w", "w"], scans.Select(node => Says(node, "Alias")[..1]).Order());
        Assert.All(scans, scan => Assert.Matches(@"group_id = \$1\)", Says(scan, "Node Type") is "Bitmap Heap Scan" ? Says(scan, "Recheck Cond") : Says(scan, "Index Cond")));
    }

    [Theory]
    [InlineData(3, 4)] // few enough for the server to read the whole table
    [InlineData(100, 100)]
    public async Task Whoever_searches_witnesses_asks_for_no_key_of_another_group(int groups, int members)
    {
        await FillAsync(groups, members);
        await RunAsync($"prepare searches(bigint, integer) as select {await SearchAsync()}");
        var (group, first) = (2, members + 1);

        await RunAsync("begin");
        Assert.True(await ScalarAsync<bool>($"execute searches({group}, {first})")); // nobody else holds a key
        var asked = await ScalarAsync<int[]>(
            "select array_agg(objid::bigint::integer order by objid::bigint) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()");
        await RunAsync("rollback");

        // Each one's but its own and the lost member's, who is the last.
        Assert.Equal(Enumerable.Range(first + 1, members - 2), asked);
    }

    /// <summary>Groups of the numbers from 1 on, whose members have numbers one after the other. The last member of each group is lost.</summary>
    private async Task FillAsync(int groups, int members) => await RunAsync($"""
        insert into coordination.groups (group_id, name, epoch, view) overriding system value select g, 'group ' || g, 1, 0 from generate_series(1, {groups}) g;
        insert into coordination.members
        select (g - 1) * {members} + m, g, 'pod-' || m, 'up', 1, 10000, 3000, 0, null, now() - interval '1 h', now() - interval '1 h', now(),
            case when m = {members} then now() end, 1, 1, null, jsonb_build_object()
        from generate_series(1, {groups}) g, generate_series(1, {members}) m;
        analyze coordination.groups, coordination.members;
        """);

    /// <summary>A statement of the library, whose internals the tests do not see otherwise.</summary>
    private static string OfLibrary(string name)
    {
        var type = typeof(ILockProvider).Assembly.GetType("Coordination.Backends.Postgres.Sql", throwOnError: true)!;
        return (string)type.GetProperty(name)!.GetValue(Activator.CreateInstance(type, "coordination"))!;
    }

    /// <summary>The condition in <c>watch</c> that says whether a lost member is the caller's affair.</summary>
    private async Task<string> SearchAsync()
    {
        var source = (await ScalarAsync<string>("select prosrc from pg_proc where oid = 'coordination.watch(bigint, integer, integer)'::regprocedure"))!;
        return Placed(Assert.Single(Regex.Matches(source, @"(?<=has_lost := )exists \([^;]*")).Value, "p_group", "p_member");
    }

    private static string Placed(string text, params string[] names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            text = Regex.Replace(text, $@"(?<!\w){names[i]}\b", $"$${i + 1}");
        }

        return text;
    }

    private async Task<List<JsonElement>> NodesAsync(string statement)
    {
        using var plan = JsonDocument.Parse((await ScalarAsync<string>($"explain (format json) {statement}"))!);
        return [.. Below(plan.RootElement[0].GetProperty("Plan").Clone())];

        static IEnumerable<JsonElement> Below(JsonElement node) =>
            node.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray().SelectMany(Below).Prepend(node) : [node];
    }

    private static string Says(JsonElement node, string what) => node.TryGetProperty(what, out var said) ? said.GetString()! : string.Empty;

    private async Task RunAsync(string text)
    {
        await using var command = new NpgsqlCommand(text, _session);
        await command.ExecuteNonQueryAsync(Ending);
    }

    private async Task<T?> ScalarAsync<T>(string text)
    {
        await using var command = new NpgsqlCommand(text, _session);
        return (T?)await command.ExecuteScalarAsync(Ending);
    }
}
