using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Coordination.IntegrationTests.Contracts;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>The doctor, the schema, and what is done to others by hand.</summary>
public sealed class OperateTests(PostgresServer server) : ReplicaScenario(server)
{
    [Fact]
    public async Task An_empty_database_is_told_apart_from_one_that_is_ready_and_the_schema_can_be_applied()
    {
        var before = await RunAsync("check");
        var missing = await RunAsync("schema", "show");
        var applied = await RunAsync("schema", "apply");
        var again = await RunAsync("schema", "apply");
        var after = await RunAsync("check");

        Assert.True(before.Code == 78, before.Output + before.Errors);
        Assert.Equal((78, 1, 0, 0, 0), (before.Code, missing.Code, applied.Code, again.Code, after.Code));
        Assert.Contains("FAIL  schema", before.Output, StringComparison.Ordinal);
        Assert.All(missing.Output.TrimEnd().Split('\n'), static line => Assert.EndsWith("  missing", line, StringComparison.Ordinal));
        Assert.Equal(missing.Output.Replace("missing", "applied", StringComparison.Ordinal), applied.Output);
        Assert.Equal(string.Empty, again.Output);
        Assert.Equal(0, (await RunAsync("schema", "show")).Code);
        Assert.DoesNotContain("FAIL", after.Output, StringComparison.Ordinal);
        Assert.All(["server", "locks", "schema", "connections", "lock table", "timeouts", "notify", "round trip", "clocks", "group"], subject =>
            Assert.Contains($"  {subject} ", after.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_schema_as_SQL_is_what_the_library_would_have_made()
    {
        var sql = await RunAsync("schema", "show", "--sql", "--schema", "by_hand");
        await Database.ExecuteAsync(sql.Output);

        Assert.Equal(0, (await RunAsync("schema", "show", "--schema", "by_hand")).Code);
        Assert.Equal(string.Empty, (await RunAsync("schema", "show", "--sql", "--schema", "by_hand")).Output);
        Assert.Equal(3, (await RunAsync("run", "x", "--schema", "by_hand", "--settle", "0", "--", "sh", "-c", "exit 3")).Code);
    }

    [Fact]
    public async Task The_missing_scripts_as_SQL_give_way_to_whoever_uses_the_tables()
    {
        await SchemaScripts.ApplyAsync(Database, SchemaScripts.Names.Count - 1);

        var sql = await RunAsync("schema", "show", "--sql");
        await Database.ExecuteAsync(sql.Output);

        Assert.Contains("set local lock_timeout", sql.Output, StringComparison.Ordinal);
        Assert.Contains(SchemaScripts.Names[^1], sql.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(SchemaScripts.Names[^2], sql.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("schema", "show")).Code);
    }

    [Fact]
    public async Task A_role_that_may_not_is_told_what_to_grant_and_its_password_is_not()
    {
        await RunAsync("schema", "apply");
        await using var role = await TestRole.CreateAsync(Database);

        var refused = await CliProcess.RunAsync(role.Address.Url, "check");
        Assert.Equal(78, refused.Code);
        Assert.Contains($"GRANT USAGE ON SCHEMA \"coordination\" TO \"{role.Name}\"", refused.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(role.Address.Password, refused.Output + refused.Errors, StringComparison.Ordinal);
        var wrong = await CliProcess.RunAsync((role.Address with { User = "nobody_" + role.Name, Password = "open-sesame-4711" }).Url, "check");
        Assert.Equal(78, wrong.Code);
        Assert.DoesNotContain("sesame", wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_of_others_are_counted_also_by_a_role_that_may_not_see_what_they_are()
    {
        const int Many = 25;
        await RunAsync("schema", "apply");
        await using var role = await TestRole.CreateAsync(Database);
        var most = int.Parse(await Database.ScalarAsync<string>("select current_setting('max_connections')") ?? string.Empty, CultureInfo.InvariantCulture);
        List<IAsyncDisposable> others = [];
        try
        {
            for (var i = 0; i < Many; i++)
            {
                others.Add(await Database.OpenAsync());
            }

            var output = (await CliProcess.RunAsync(role.Address.Url, "check")).Output;

            var found = Regex.Match(output, @"connections\s+At least (\d+) of (\d+) are free");
            Assert.True(found.Success, output);
            Assert.Equal(most, int.Parse(found.Groups[2].Value, CultureInfo.InvariantCulture));
            Assert.InRange(int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture), 0, most - Many - 1);
        }
        finally
        {
            foreach (var other in others)
            {
                await other.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_pooler_in_between_is_found()
    {
        await using var pooler = await PgBouncer.StartAsync(Database.Address, "transaction");

        var result = await CliProcess.RunAsync(pooler.Address.Url, "check");

        Assert.Equal(78, result.Code);
        Assert.Contains("pooler", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pooler_that_gives_each_connection_a_session_is_good_where_it_is_meant()
    {
        await RunAsync("schema", "apply");
        await using var pooler = await PgBouncer.StartAsync(Database.Address, "session");

        var unknown = await CliProcess.RunAsync(pooler.Address.Url, "check");
        var meant = await CliProcess.RunAsync(pooler.Address.Url, "check", "--allow-pooler", "Session");

        Assert.Equal((78, 0), (unknown.Code, meant.Code));
        Assert.Contains("a pooler may be in between", meant.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_evicted_member_is_out_its_command_is_ended_and_the_history_says_who_and_why()
    {
        await using var leader = CliProcess.Start(Database.Url, "elect", "boss", "--settle", "0", "--", "sh", "-c", "echo leads; exec sleep 120");
        await leader.ExpectAsync("leads");
        var member = (await RunAsync("members", "-o", "name")).Output.Trim();

        Assert.Equal(64, (await RunAsync("evict", member)).Code);
        Assert.Equal(member, (await RunAsync("members", "-o", "name")).Output.Trim());
        var evicted = await RunAsync("evict", member, "--yes", "--reason", "it is\nstuck");
        Assert.Equal((0, $"{member} evicted\n"), (evicted.Code, evicted.Output));
        Assert.Equal(76, (await leader.EndAsync()).Code);
        await AssertTellsAsync("Died", member, $"evicted by {Environment.UserName}@{Environment.MachineName}: it isstuck");
        Assert.Equal(1, (await RunAsync("evict", "nobody", "--yes")).Code);
    }

    [Fact]
    public async Task A_lock_that_is_released_by_force_is_lost_for_its_holder_and_free_for_the_next()
    {
        await using var holder = CliProcess.Start(Database.Url, "run", "stuck", "--settle", "0", "--", "sh", "-c", "echo started; exec sleep 120");
        await holder.ExpectAsync("started");

        var asked = await RunAsync("release", "stuck", "--force");
        Assert.Equal((64, string.Empty), (asked.Code, asked.Output));
        Assert.Contains("held by cli.", asked.Errors, StringComparison.Ordinal);
        Assert.Equal(64, (await RunAsync("release", "stuck", "--yes")).Code); // meant, and not forced
        Assert.Equal(75, (await RunAsync("run", "stuck", "--no-wait", "--", "true")).Code);
        var released = await RunAsync("release", "stuck", "--force", "--yes", "--reason", "month end");
        Assert.Equal(0, released.Code);
        Assert.Equal(76, (await holder.EndAsync()).Code);
        Assert.Equal(0, (await RunAsync("run", "stuck", "--wait", "10s", "--settle", "0", "--", "true")).Code);
        await AssertTellsAsync("Left", released.Output.Trim().Split(' ')[^1], $"session ended to release lock 'stuck' by {Environment.UserName}@{Environment.MachineName}: month end");
        Assert.Equal(1, (await RunAsync("release", "stuck", "--force", "--yes")).Code);
    }

    [Fact]
    public async Task A_member_whose_lock_was_released_by_force_stays_a_member_and_the_group_sees_no_gap()
    {
        var replica = await StartAsync();
        var witness = await StartAsync();
        await AcquireAsync(replica, "stuck", "held");

        Assert.Equal(0, (await RunAsync("release", "stuck", "--force", "--yes", "--group", "replicas")).Code);
        await replica.ExpectAsync("lost", "held");
        await BecomesMemberAsync(replica);
        await witness.ExpectAsync(said => said.Changes.Any(change => change.StartsWith("Updated", StringComparison.Ordinal)), "the note");
        Assert.DoesNotContain(witness.Events, said => said.Changes.Any(change => change.StartsWith("Died", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_lock_of_somebody_who_is_no_member_can_be_released_too()
    {
        await RunAsync("schema", "apply");
        await using var gone = CliProcess.Start(Database.Url, "run", "key", "--key-format", "DistributedLock", "--lock-prefix", "", "--settle", "0", "--", "true");
        Assert.Equal(0, (await gone.EndAsync()).Code);
        await using var stranger = await Database.OpenAsync();
        await using var take = new Npgsql.NpgsqlCommand("select pg_advisory_lock(17179869183)", stranger);
        await take.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var released = await RunAsync("release", "00000003ffffffff", "--key-format", "DistributedLock", "--force", "--yes");

        Assert.Equal(0, released.Code);
        Assert.Contains("coordination-tests", released.Output, StringComparison.Ordinal);
        await Eventually.BecomesTrueAsync(() => Database.ScalarAsync<bool>("select not exists (select from pg_locks where locktype = 'advisory' and objid = 4294967295)"), "the lock is free");
    }

    [Fact]
    public async Task A_folder_has_a_doctor_and_nobody_to_evict()
    {
        using var folder = new TemporaryFolder();

        var check = await CliProcess.RunAsync(folder.Url, "check");
        var evict = await CliProcess.RunAsync(folder.Url, "evict", "x", "--yes");

        Assert.Equal((0, 78), (check.Code, evict.Code));
        Assert.Contains("ok    folder", check.Output, StringComparison.Ordinal);
        Assert.Contains("PostgreSQL only", evict.Errors, StringComparison.Ordinal);
    }

    private Task<CliResult> RunAsync(params string[] arguments) => CliProcess.RunAsync(Database.Url, arguments);

    private async Task AssertTellsAsync(string kind, string member, string reason)
    {
        var history = JsonDocument.Parse((await RunAsync("history", "-o", "json")).Output).RootElement.EnumerateArray();

        Assert.Contains(history, change =>
            change.GetProperty("kind").GetString() == kind && change.GetProperty("member").GetString() == member && change.GetProperty("reason").GetString() == reason);
    }
}
