using System.Globalization;
using System.Text.Json;
using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.IntegrationTests.Cli;

/// <summary>What <c>release --force</c> ends, and what it leaves alone and writes down; the holder is no client of ours.</summary>
public sealed class ReleaseTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const string Waiting = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%for update%')";

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_that_let_go_of_the_lock_in_between_is_left_alone_and_nothing_is_written_down()
    {
        await PrepareAsync("letting-go");
        await using var holder = await HoldAsync(21);
        await using var gate = await database.Database.OpenAsync();
        await using var transaction = await gate.BeginTransactionAsync(Ending);
        await ExecuteAsync(gate, "select from coordination.groups where name = 'letting-go' for update");
        await using var release = CliProcess.Start(database.Url, Release("letting-go", 21));
        await Eventually.BecomesTrueAsync(() => database.Database.ScalarAsync<bool>(Waiting), "the release has seen the holder, and waits for the group");
        await ExecuteAsync(holder, "select pg_advisory_unlock(21)");
        await transaction.CommitAsync(Ending);

        var result = await release.EndAsync();

        await ExecuteAsync(holder, "select 1");
        Assert.Equal(1, result.Code);
        Assert.Contains("already let go by", result.Output, StringComparison.Ordinal);
        Assert.Contains("no session was ended", result.Errors, StringComparison.Ordinal);
        Assert.Empty(await NotesAsync("letting-go"));
    }

    [Fact]
    public async Task It_is_written_down_also_where_nobody_has_come_into_the_group()
    {
        await PrepareAsync("another");
        await using var holder = await HoldAsync(22);

        var result = await CliProcess.RunAsync(database.Url, Release("nobody-yet", 22));

        Assert.Equal(0, result.Code);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync(holder, "select 1"));
        Assert.Contains($"session ended to release lock '{Key(22)}' by {Environment.UserName}", Assert.Single(await NotesAsync("nobody-yet")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_end_the_holder_is_told_so_and_nothing_is_written_down()
    {
        await PrepareAsync("refused");
        await using var role = await TestRole.CreateAsync(database.Database);
        await database.Database.ExecuteAsync(
            $"grant usage on schema coordination to {role.Name}; grant all on all tables in schema coordination to {role.Name}; grant all on all sequences in schema coordination to {role.Name}");
        await using var holder = await HoldAsync(23);

        var result = await CliProcess.RunAsync(role.Address.Url, Release("refused", 23));

        await ExecuteAsync(holder, "select 1");
        Assert.Equal(1, result.Code);
        Assert.Contains("not released from", result.Output, StringComparison.Ordinal);
        Assert.Contains("pg_signal_backend", result.Errors, StringComparison.Ordinal);
        Assert.Empty(await NotesAsync("refused"));
    }

    [Fact]
    public async Task An_observer_that_was_evicted_is_written_down_once()
    {
        await using var observer = CliProcess.Start(database.Url, "run", "looks-on", "--group", "observed", "--settle", "0", "--", "sh", "-c", "echo started; exec sleep 120");
        await observer.ExpectAsync("started");
        var id = await database.Database.ScalarAsync<string>("select member_id from coordination.live_connections where group_name = 'observed' and kind = 'session'");

        var evicted = await CliProcess.RunAsync(database.Url, "evict", id!, "--group", "observed", "--yes");
        var again = await CliProcess.RunAsync(database.Url, "evict", "never-there", "--group", "observed", "--yes");

        Assert.Equal((0, 76, 1), (evicted.Code, (await observer.EndAsync()).Code, again.Code));
        Assert.StartsWith("evicted by ", Assert.Single(await NotesAsync("observed")), StringComparison.Ordinal);
    }

    private static string[] Release(string group, long key) =>
        ["release", Key(key), "--group", group, "--key-format", "DistributedLock", "--lock-prefix", "", "--force", "--yes"];

    private static string Key(long key) => key.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>A command of the group makes the schema and the group.</summary>
    private async Task PrepareAsync(string group) =>
        Assert.Equal(0, (await CliProcess.RunAsync(database.Url, "run", "prepare", "--group", group, "--settle", "0", "--", "true")).Code);

    private async Task<NpgsqlConnection> HoldAsync(long key)
    {
        var holder = await database.Database.OpenAsync();
        await ExecuteAsync(holder, $"select pg_advisory_lock({key})");
        return holder;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string text)
    {
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync(Ending);
    }

    private async Task<IReadOnlyList<string>> NotesAsync(string group) =>
        [.. JsonDocument.Parse((await CliProcess.RunAsync(database.Url, "history", "--group", group, "-o", "json")).Output).RootElement.EnumerateArray()
            .Select(static change => change.GetProperty("reason").GetString()).OfType<string>()];
}
