using System.Globalization;
using System.Text.RegularExpressions;
using Coordination.IntegrationTests.Cli;
using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Whoever joins in the place of a member whose row is locked: its old session waits for a standby that is away, for instance.</summary>
public sealed class HangingPredecessorTests(FreshDatabase fresh) : IClassFixture<FreshDatabase>, IAsyncLifetime
{
    private readonly string _group = Guid.NewGuid().ToString("N");
    private NpgsqlConnection _old = null!;
    private int _number;

    public async ValueTask InitializeAsync()
    {
        await using (await RunningHost.StartAsync(options => options.BackendUrl = fresh.Url))
        {
            // It made the schema.
        }

        _old = await fresh.Database.OpenAsync();
        _number = (await JoinAsync(_old, "pod", supersedes: true))!.Value;
    }

    public async ValueTask DisposeAsync() => await _old.DisposeAsync();

    [Fact]
    public async Task The_old_session_is_ended_before_its_row_is_waited_for()
    {
        await LockRowAsync(_old);
        await using var next = await fresh.Database.OpenAsync();

        var number = await JoinAsync(next, "pod", supersedes: true);

        Assert.True(number > _number);
        Assert.Equal(1L, await fresh.Database.ScalarAsync<long>($"select count(*) from coordination.members m join coordination.groups g using (group_id) where g.name = '{_group}'"));
    }

    [Fact]
    public async Task A_rival_is_told_of_although_its_row_is_locked()
    {
        await LockRowAsync(_old);
        await using var next = await fresh.Database.OpenAsync();

        Assert.Null(await JoinAsync(next, "pod", supersedes: false));
    }

    [Fact]
    public async Task Whoever_lost_both_keys_keeps_its_place_for_three_graces_of_which_a_stall_is_half_a_one_at_most()
    {
        await LoseAsync(_old);
        await using var watcher = await fresh.Database.OpenAsync();
        await RunAsync(watcher, $"select pg_advisory_lock_shared(coordination.session_key(), {_number})"); // whoever looks is nobody's rival
        await using var next = await fresh.Database.OpenAsync();
        var refused = 0;
        while (await JoinAsync(next, "pod", supersedes: false) is null)
        {
            Assert.InRange(++refused, 1, 6);
            await fresh.Database.ExecuteAsync($"update coordination.members set lost_at = lost_at - interval '1 h', awaited_at = awaited_at - interval '1 h' where member_no = {_number}");
        }

        Assert.Equal(6, refused);
        Assert.Equal(0L, await fresh.Database.ScalarAsync<long>($"select count(*) from coordination.members where member_no = {_number}"));
    }

    [Fact]
    public async Task Whoever_came_back_and_is_lost_again_has_all_of_its_time_anew()
    {
        await LoseAsync(_old);
        await using var next = await fresh.Database.OpenAsync();
        Assert.Null(await JoinAsync(next, "pod", supersedes: false));
        await fresh.Database.ExecuteAsync($"update coordination.members set awaited_ms = 8999, waited_ms = 8999 where member_no = {_number}");
        var back = await fresh.Database.OpenAsync();
        await RunAsync(back, $"select coordination.take_session_key({_number}, 1000); select * from coordination.attach('{_group}', {_number}, 'pod', null, jsonb_build_object(), 0, 0)");
        await LoseAsync(back);

        Assert.Null(await JoinAsync(next, "pod", supersedes: false));

        Assert.Equal(0, await fresh.Database.ScalarAsync<int>($"select greatest(awaited_ms, waited_ms) from coordination.members where member_no = {_number}"));
        Assert.True(await fresh.Database.ScalarAsync<bool>($"select lost_at = awaited_at and lost_at = looked_at from coordination.members where member_no = {_number}"));
    }

    [Fact]
    public async Task One_whose_session_broke_and_whose_watcher_is_there_is_not_lost()
    {
        await LoseAsync(_old);
        await using var watcher = await fresh.Database.OpenAsync();
        await RunAsync(watcher, $"select pg_advisory_lock(coordination.watcher_key(), {_number})");
        await using var next = await fresh.Database.OpenAsync();

        Assert.Null(await JoinAsync(next, "pod", supersedes: false));
        Assert.True(await fresh.Database.ScalarAsync<bool>($"select lost_at is null from coordination.members where member_no = {_number}"));
        await RunAsync(watcher, $"select pg_advisory_unlock(coordination.watcher_key(), {_number})");
        Assert.Null(await JoinAsync(next, "pod", supersedes: false));
        Assert.True(await fresh.Database.ScalarAsync<bool>($"select lost_at is not null from coordination.members where member_no = {_number}"));
    }

    [Theory]
    [InlineData("update_member({0}, 1, 'http://a', jsonb_build_object())")]
    [InlineData("mark_leaving({0}, 1)")]
    [InlineData("leave_group({0}, 1)")]
    [InlineData("say_farewell({0}, 1)")]
    public async Task Whoever_changes_its_own_row_that_nothing_frees_keeps_nobody_else_from_joining_and_gives_up(string change)
    {
        await using var foreign = await fresh.Database.OpenAsync();
        await LockRowAsync(foreign);
        await using var others = await fresh.Database.OpenAsync();
        var statement = $"select coordination.{string.Format(CultureInfo.InvariantCulture, change, _number)}";
        var changing = RunAsync(_old, statement);
        for (var i = 0; !changing.IsCompleted; i++)
        {
            Assert.NotNull(await JoinAsync(others, $"other-{i}", supersedes: true));
        }

        var refused = await Assert.ThrowsAsync<PostgresException>(() => changing);
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refused.SqlState);
        Assert.Contains($"member number {_number}", refused.MessageText, StringComparison.Ordinal);
        Assert.Equal(foreign.ProcessID, await NamedAsync(refused.Hint));
        await RunAsync(foreign, "rollback");
        var before = await ViewAsync();
        await RunAsync(_old, statement);
        Assert.Equal(before + 1, await ViewAsync());
    }

    [Theory]
    [InlineData("join_group('{0}', 'new', null, jsonb_build_object(), 10000, 3000, true, 0, 0)")]
    [InlineData("attach('{0}', {1}, 'pod', null, jsonb_build_object(), 0, 0)")]
    [InlineData("observe('{0}', 0, 0)")]
    public async Task Whoever_comes_into_a_group_that_nothing_frees_keeps_nobody_out_of_the_others_and_gives_up(string entry)
    {
        await fresh.Database.ExecuteAsync($"update coordination.groups set epoch = epoch - 1 where name = '{_group}'"); // whoever looks on makes it a view
        await using var foreign = await fresh.Database.OpenAsync();
        await RunAsync(foreign, $"begin; select from coordination.groups where name = '{_group}' for update");
        await using var entrant = await fresh.Database.OpenAsync();
        await using var others = await fresh.Database.OpenAsync();
        var statement = $"select * from coordination.{string.Format(CultureInfo.InvariantCulture, entry, _group, _number)}";
        var entering = RunAsync(entrant, statement);
        for (var i = 0; !entering.IsCompleted; i++)
        {
            Assert.NotNull(await JoinAsync(others, $"other-{i}", supersedes: true, group: $"another than {_group}"));
        }

        var refused = await Assert.ThrowsAsync<PostgresException>(() => entering);
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refused.SqlState);
        Assert.Contains($"group {_group}", refused.MessageText, StringComparison.Ordinal);
        Assert.Equal(foreign.ProcessID, await NamedAsync(refused.Hint));
        await RunAsync(foreign, "rollback");
        var before = await ViewAsync();
        await RunAsync(entrant, statement);
        Assert.Equal(before + 1, await ViewAsync());
    }

    [Fact]
    public async Task A_full_group_ends_nobodys_session_and_takes_whoever_has_a_place()
    {
        await using var next = await fresh.Database.OpenAsync();
        await RunAsync(next, "set coordination.most_members = 1");

        Assert.Equal("CH001", (await Assert.ThrowsAsync<PostgresException>(() => JoinAsync(next, "other", supersedes: true))).SqlState);
        await RunAsync(_old, "select 1"); // it lives
        Assert.True(await JoinAsync(next, "pod", supersedes: true) > _number);
    }

    [Fact]
    public async Task Whoever_waits_for_a_row_that_nothing_frees_keeps_nobody_else_from_joining_and_gives_up()
    {
        await using var foreign = await fresh.Database.OpenAsync();
        await LockRowAsync(foreign);
        await using var next = await fresh.Database.OpenAsync();
        await using var others = await fresh.Database.OpenAsync();
        var joining = JoinAsync(next, "pod", supersedes: true);
        for (var i = 0; !joining.IsCompleted; i++)
        {
            Assert.NotNull(await JoinAsync(others, $"other-{i}", supersedes: true));
        }

        var refused = await Assert.ThrowsAsync<PostgresException>(() => joining);
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refused.SqlState);
        Assert.Contains($"member pod, number {_number}", refused.MessageText, StringComparison.Ordinal);
        Assert.Equal(foreign.ProcessID, await NamedAsync(refused.Hint));
        Assert.Equal(0L, await fresh.Database.ScalarAsync<long>($"select count(*) from pg_locks where locktype = 'advisory' and pid = {next.ProcessID}"));
    }

    [Fact]
    public async Task Whoever_comes_back_to_a_row_that_nothing_frees_keeps_nobody_else_from_joining_and_gives_up()
    {
        await using var foreign = await fresh.Database.OpenAsync();
        await LockRowAsync(foreign);
        await using var back = await fresh.Database.OpenAsync();
        await using var others = await fresh.Database.OpenAsync();
        var attaching = RunAsync(back, $"select * from coordination.attach('{_group}', {_number}, 'pod', null, jsonb_build_object(), 0, 0)");
        for (var i = 0; !attaching.IsCompleted; i++)
        {
            Assert.NotNull(await JoinAsync(others, $"other-{i}", supersedes: true));
        }

        var refused = await Assert.ThrowsAsync<PostgresException>(() => attaching);
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refused.SqlState);
        Assert.Contains($"member pod, number {_number}", refused.MessageText, StringComparison.Ordinal);
        Assert.Equal(foreign.ProcessID, await NamedAsync(refused.Hint));
        await RunAsync(foreign, "rollback");
        await RunAsync(back, $"select * from coordination.attach('{_group}', {_number}, 'pod', null, jsonb_build_object(), 0, 0)");
        Assert.Equal(2, await fresh.Database.ScalarAsync<int>($"select session_no from coordination.members where member_no = {_number}"));
    }

    [Fact]
    public async Task An_eviction_of_a_row_that_nothing_frees_keeps_nobody_else_from_joining_and_says_so()
    {
        await using var foreign = await fresh.Database.OpenAsync();
        await LockRowAsync(foreign);
        await using var others = await fresh.Database.OpenAsync();
        var evicting = CliProcess.RunAsync(fresh.Url, "evict", "pod", "--group", _group, "--yes");
        for (var i = 0; !evicting.IsCompleted; i++)
        {
            Assert.NotNull(await JoinAsync(others, $"other-{i % 50}", supersedes: true));

            // Who joins again at once has the group before one that waits for it has woken up, and on a busy machine the eviction runs out of time.
            await Eventually.BecomesTrueAsync(
                () => fresh.Database.ScalarAsync<bool>("select not exists (select from pg_locks where locktype in ('transactionid', 'tuple') and not granted)"), "nobody waits for a row");
        }

        var refused = await evicting;
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("is locked by another session", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(foreign.ProcessID, await NamedAsync(refused.Errors));
        Assert.Equal(1L, await fresh.Database.ScalarAsync<long>($"select count(*) from coordination.members where member_no = {_number}"));
        await RunAsync(foreign, "rollback");
        Assert.Equal(0, (await CliProcess.RunAsync(fresh.Url, "evict", "pod", "--group", _group, "--yes")).Code);
        Assert.Equal(0L, await fresh.Database.ScalarAsync<long>($"select count(*) from coordination.members where member_no = {_number}"));
    }

    private async Task LockRowAsync(NpgsqlConnection session)
    {
        await using var command = new NpgsqlCommand($"begin; update coordination.members set last_heartbeat = clock_timestamp() where member_no = {_number}", session);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Runs what a message tells somebody to run, and returns the one session that it names.</summary>
    private Task<int> NamedAsync(string? message)
    {
        Assert.NotNull(message);
        Assert.Contains("pg_terminate_backend(pid)", message, StringComparison.Ordinal);
        var statement = Assert.Single(Regex.Matches(message, "select l.pid [^;]*")).Value;
        return fresh.Database.ScalarAsync<int>($"select min(pid) from ({statement}) as l having count(*) = 1");
    }

    /// <summary>Ends a session of the member, and waits until the server has let go of its keys.</summary>
    private async Task LoseAsync(NpgsqlConnection session)
    {
        await session.DisposeAsync();
        await Eventually.BecomesTrueAsync(() => fresh.Database.ScalarAsync<bool>($"select not coordination.is_process_held({_number})"), "the keys are free");
    }

    private Task<long> ViewAsync() => fresh.Database.ScalarAsync<long>($"select view from coordination.groups where name = '{_group}'");

    /// <summary>The new member's number; null where there is a rival.</summary>
    private async Task<int?> JoinAsync(NpgsqlConnection session, string id, bool supersedes, string? group = null)
    {
        await using var command = new NpgsqlCommand(
            $"select member_no from coordination.join_group('{group ?? _group}', '{id}', null, jsonb_build_object(), 10000, 3000, {supersedes}, 0, 0)", session) { CommandTimeout = 10 };
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) as int?;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string text)
    {
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
