using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The short way into a group, and that it is left to the long one wherever something is out of the ordinary.</summary>
public sealed class JoinAtOnceTests(FreshDatabase fresh) : IClassFixture<FreshDatabase>, IAsyncLifetime
{
    private readonly string _group = Guid.NewGuid().ToString("N");
    private NpgsqlConnection _there = null!;
    private NpgsqlConnection _newcomer = null!;

    public async ValueTask InitializeAsync()
    {
        await using (await RunningHost.StartAsync(options => options.BackendUrl = fresh.Url))
        {
            // It made the schema.
        }

        (_there, _newcomer) = (await fresh.Database.OpenAsync(), await fresh.Database.OpenAsync());
        await RunAsync(_there, $"select coordination.join_group('{_group}', 'pod', null, jsonb_build_object(), 10000, 3000, true, 0, 0)");
    }

    public async ValueTask DisposeAsync()
    {
        await _there.DisposeAsync();
        await _newcomer.DisposeAsync();
    }

    [Fact]
    public async Task A_member_that_comes_the_short_way_has_its_key_a_row_a_view_and_tokens_above_all_before()
    {
        var view = await ViewAsync();
        var fence = await fresh.Database.ScalarAsync<long>("select last_value from coordination.fence");

        var number = Assert.NotNull(await JoinAsync("new"));

        Assert.Equal(view + 1, await ViewAsync());
        Assert.True(await fresh.Database.ScalarAsync<long>("select last_value from coordination.fence") >= fence + (1_000_000 * 1024L));
        Assert.Equal(
            $"new up 360000 {view + 1} True joined",
            await fresh.Database.ScalarAsync<string>(
                $"""
                select concat_ws(' ', m.member_id, m.status, m.stamp_ms, m.joined_view,
                    case when m.attached_at = m.last_heartbeat and m.joined_at = m.attached_at and m.pid = {_newcomer.ProcessID} then 'True' end, l.kind)
                from coordination.members m join coordination.view_log l on l.member_no = m.member_no and l.view = m.joined_view
                where m.member_no = {number}
                """));
        Assert.False(await fresh.Database.ScalarAsync<bool>($"select pg_try_advisory_xact_lock_shared(coordination.session_key(), {number})"));
    }

    [Theory]
    [InlineData("its id is taken", "select", "pod", 0)]
    [InlineData("it has seen more than there is", "select", "new", 1000)]
    [InlineData("the group is full", "set coordination.most_members = 1", "new", 0)]
    [InlineData("the database is another one", "update coordination.history set system_id = system_id + 1", "new", 0)]
    [InlineData("its timeline is another one", "update coordination.history set timeline = timeline + 1", "new", 0)]
    [InlineData("there is no such group", "delete from coordination.groups", "new", 0)]
    public async Task What_is_out_of_the_ordinary_changes_nothing_and_is_left_to_the_long_way(string what, string before, string id, long seen)
    {
        await RunAsync(_newcomer, "begin");
        await RunAsync(_newcomer, before);
        var was = await StateAsync();

        Assert.True(await JoinAsync(id, seen) is null, what);

        Assert.Equal(was, await StateAsync());
        await RunAsync(_newcomer, "rollback");
    }

    [Fact]
    public async Task A_group_that_somebody_has_locked_is_not_waited_for()
    {
        await RunAsync(_there, $"begin; select from coordination.groups where name = '{_group}' for update");

        Assert.Null(await JoinAsync("new"));

        await RunAsync(_there, "rollback");
        Assert.NotNull(await JoinAsync("new"));
    }

    [Fact]
    public async Task Those_who_waited_for_the_history_see_who_came_before_them()
    {
        await RunAsync(_there, $"begin; select * from coordination.join_at_once('{_group}', 'new', null, jsonb_build_object(), 10000, 3000, 0, 0, 0)");
        var second = JoinAsync("new");
        await Eventually.BecomesTrueAsync(
            () => fresh.Database.ScalarAsync<bool>($"select exists (select from pg_locks where pid = {_newcomer.ProcessID} and not granted)"), "it waits");

        await RunAsync(_there, "commit");

        Assert.Null(await second);
        Assert.NotNull(await JoinAsync("another"));
        Assert.Equal(3L, await ViewAsync());
    }

    private Task<long> ViewAsync() => fresh.Database.ScalarAsync<long>($"select view from coordination.groups where name = '{_group}'");

    /// <summary>As the newcomer sees it: what it has begun itself is part of it.</summary>
    private async Task<string?> StateAsync()
    {
        await using var command = new NpgsqlCommand(
            $"""
            select concat_ws(' ', (select g.view from coordination.groups g where g.name = '{_group}'), (select count(*) from coordination.members),
                (select last_value from coordination.fence), (select last_value from coordination.member_no),
                (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()))
            """,
            _newcomer);
        return (string?)await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    private async Task<int?> JoinAsync(string id, long seen = 0)
    {
        await using var command = new NpgsqlCommand(
            $"select member_no from coordination.join_at_once('{_group}', '{id}', null, jsonb_build_object(), 10000, 3000, 360000, {seen}, 0)", _newcomer) { CommandTimeout = 10 };
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) as int?;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string text)
    {
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
