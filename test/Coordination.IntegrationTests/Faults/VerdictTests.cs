using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Who may say that somebody is dead: the rules of <c>judge</c> and <c>watch</c>, one by one, on members that the test makes up.</summary>
/// <remarks>The grace of all is a minute, the lease ten, so that a slow machine changes nothing. The witness is member 20, its neighbour in the ring 30.</remarks>
public sealed partial class VerdictTests(FreshDatabase fresh) : IClassFixture<FreshDatabase>, IAsyncLifetime
{
    private const int Witness = 20;
    private const int Accused = 30;

    private readonly List<NpgsqlConnection> _sessions = [];
    private long _group;

    public async ValueTask InitializeAsync()
    {
        await using (await RunningHost.StartAsync(options => options.BackendUrl = fresh.Url))
        {
            // It made the schema.
        }

        _group = await fresh.Database.ScalarAsync<long>(
            $"insert into coordination.groups (name, epoch, view) select '{Guid.NewGuid():N}', epoch, 0 from coordination.history returning group_id");
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_sessions.Select(session => session.DisposeAsync().AsTask()));
        await fresh.Database.ExecuteAsync("delete from coordination.members");
    }

    [Theory]
    //          here    heard   lost    keys    watched  verdict; in minutes
    [InlineData(5.0, 1.0, null, "", true, "died: its session and its watcher are gone, so its process is")]
    [InlineData(0.5, 0.1, null, "", true, "")] // the witness is younger than the grace
    [InlineData(5.0, 6.0, null, "", true, "")] // the witness has not seen it alive
    [InlineData(5.0, 6.0, 2.5, "", true, "")]
    [InlineData(5.0, 6.0, 3.5, "", true, "died: its session is gone and was not back within 180 s, three times the grace, because nobody saw it go")]
    [InlineData(0.5, 6.0, 3.5, "", true, "")] // long lost, but the database may just be back
    [InlineData(5.0, 1.0, null, "watcher", true, "suspected: its session broke; dead in 60 s unless it is back")]
    [InlineData(5.0, 1.0, 0.5, "watcher", true, "suspected: its session broke; dead in 60 s unless it is back")]
    [InlineData(5.0, 2.0, 1.5, "watcher", true, "died: its session broke and was not back within the grace of 60 s")]
    [InlineData(5.0, 1.0, null, "", false, "suspected: its session broke; dead in 60 s unless it is back")] // it never had a watcher
    [InlineData(30.0, 11.0, null, "watcher", true, "died: no heartbeat for 66")]
    [InlineData(5.0, 1.0, null, "session", true, "-")]
    [InlineData(5.0, 1.0, null, "session watcher", true, "-")]
    [InlineData(5.0, 1.0, 0.5, "session", true, "")] // it is back before anybody was told
    [InlineData(5.0, -10.0, null, "", true, "")] // heard of in the future: before the clock was set back
    public async Task A_verdict_follows_from_keys_and_from_what_the_witness_has_seen(
        double hereFor, double heardAgo, double? lostAgo, string keys, bool watched, string expected)
    {
        await AddAsync(Witness, attachedAgo: hereFor, heardAgo: 0, keys: "session");
        await AddAsync(Accused, attachedAgo: 60, heardAgo, lostAgo, keys, watched);

        var (changes, noted) = await JudgeAsync();

        var (verdict, reason) = expected.Split(": ") is [var kind, var why] ? (kind, why) : (null, null);
        Assert.Equal(verdict is null ? 0 : 1, changes);
        Assert.Equal(expected is "-" || (expected is "" && lostAgo is not null && keys is "") ? 0 : 1, noted);
        Assert.Equal(verdict, await LoggedAsync("kind"));
        if (reason is not null)
        {
            var judge = verdict is "died" ? "judged" : "seen";
            var told = await LoggedAsync("reason");
            Assert.StartsWith(reason, told, StringComparison.Ordinal);
            Assert.EndsWith($"; {judge} by member pod-{Witness}, number {Witness}", told, StringComparison.Ordinal);
        }

        Assert.Equal(verdict is not "died", await fresh.Database.ScalarAsync<bool>($"select exists (select from coordination.members where member_no = {Accused})"));
        if (verdict is not "died")
        {
            var isFree = !keys.Contains("session", StringComparison.Ordinal);
            Assert.Equal(isFree, await fresh.Database.ScalarAsync<bool>($"select lost_at is not null from coordination.members where member_no = {Accused}"));
        }
    }

    [Fact]
    public async Task A_suspect_whose_key_is_held_again_has_recovered()
    {
        await AddAsync(Witness, attachedAgo: 5, heardAgo: 0, keys: "session");
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 1, keys: "watcher");
        await JudgeAsync();
        Assert.Equal("suspected", await LoggedAsync("kind"));

        await HoldAsync(Accused, "session");
        await JudgeAsync();

        Assert.Equal("recovered", await LoggedAsync("kind"));
        Assert.Equal("up", await fresh.Database.ScalarAsync<string>($"select status from coordination.members where member_no = {Accused}"));
    }

    [Fact]
    public async Task Whoever_has_not_waited_for_the_watchers_notes_a_first_loss_and_suspects_at_the_second_look()
    {
        await AddAsync(Witness, attachedAgo: 5, heardAgo: 0, keys: "session");
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 1, keys: "watcher");

        Assert.Equal((0, 1), await JudgeAsync(isSettled: false));
        Assert.Equal((1, 1), await JudgeAsync(isSettled: false));

        Assert.Equal("suspected", await LoggedAsync("kind"));
    }

    [Fact]
    public async Task Whoever_comes_back_has_no_watcher_until_its_watcher_has_the_key_again()
    {
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 1);
        await using var watcher = await fresh.Database.OpenAsync();
        Task<bool> WatchedAsync() => fresh.Database.ScalarAsync<bool>($"select watched from coordination.members where member_no = {Accused}");
        async Task<string?> TakeAsync()
        {
            await using var command = new NpgsqlCommand(
                $"select concat_ws(' ', coordination.take_watcher_key({Accused}, 'pod-{Accused}'), (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'))", watcher);
            return (string?)await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal("t 1", await TakeAsync());
        await fresh.Database.ScalarAsync<int?>($"select session_no from coordination.attach((select name from coordination.groups where group_id = {_group}), {Accused}, 'pod-{Accused}', null, jsonb_build_object(), 0, 0)");
        Assert.False(await WatchedAsync());

        Assert.Equal("t 1", await TakeAsync());
        Assert.True(await WatchedAsync());
        await using var unlock = new NpgsqlCommand($"select pg_advisory_unlock(coordination.watcher_key(), {Accused})", watcher);
        await unlock.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        Assert.Equal("t 1", await TakeAsync()); // it was taken once only, or this unlock would not have freed it
    }

    [Fact]
    public async Task Whoever_joins_anew_and_has_seen_more_than_the_table_has_finds_out_that_history_was_lost()
    {
        var before = await fresh.Database.ScalarAsync<long>("select epoch from coordination.history");

        Assert.Equal(before, await JoinedEpochAsync(seenView: 0));
        Assert.Equal(before + 1, await JoinedEpochAsync(seenView: 100));

        Task<long> JoinedEpochAsync(long seenView) => fresh.Database.ScalarAsync<long>(
            $"select epoch from coordination.join_group((select name from coordination.groups where group_id = {_group}), 'new', null, jsonb_build_object(), 1000, 1000, true, {before}, {seenView})");
    }

    [Fact]
    public async Task All_verdicts_of_one_call_are_one_view()
    {
        await AddAsync(Witness, attachedAgo: 5, heardAgo: 0, keys: "session");
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 1);
        await AddAsync(40, attachedAgo: 60, heardAgo: 1, keys: "watcher");
        await AddAsync(50, attachedAgo: 60, heardAgo: 1, keys: "session");

        Assert.Equal((2, 2), await JudgeAsync());

        Assert.Equal(1, await fresh.Database.ScalarAsync<long>($"select view from coordination.groups where group_id = {_group}"));
        Assert.Equal("died 30, suspected 40", await fresh.Database.ScalarAsync<string>(
            $"select string_agg(kind || ' ' || member_no, ', ' order by seq) from coordination.view_log where group_id = {_group}"));
    }

    [Theory]
    [InlineData("", 1)] // its session holds nothing: a row alone is no witness
    [InlineData("session", 2)] // a session that it had before, or never
    public async Task Only_the_session_that_holds_the_key_is_a_witness(string keys, int session)
    {
        await AddAsync(Witness, attachedAgo: 5, heardAgo: 0, keys: keys);
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 1);

        Assert.Equal((0, 0), await JudgeAsync(session: session));
        Assert.True(await fresh.Database.ScalarAsync<bool>($"select lost_at is null from coordination.members where member_no = {Accused}"));
    }

    [Fact]
    public async Task Each_watches_the_next_in_the_ring_of_numbers_and_passes_over_the_lost()
    {
        foreach (var member in new[] { 10, 20, 30 })
        {
            await AddAsync(member, attachedAgo: 5, heardAgo: 0, keys: "session");
        }

        Assert.Equal((20, 30, 10), (await SuccessorAsync(10), await SuccessorAsync(20), await SuccessorAsync(30)));
        Assert.Equal(10, await SuccessorAsync(0)); // an observer
        await fresh.Database.ExecuteAsync("update coordination.members set lost_at = now() where member_no = 20");
        Assert.Equal(30, await SuccessorAsync(10));
        await fresh.Database.ExecuteAsync("delete from coordination.members where member_no <> 10");
        Assert.Null(await SuccessorAsync(10)); // alone
    }

    [Fact]
    public async Task A_lost_member_is_the_affair_of_the_nearest_watcher_before_it_that_may_accuse()
    {
        await AddAsync(40, attachedAgo: 9, heardAgo: 0, keys: "session watcher");
        await AddAsync(20, attachedAgo: 0.1, heardAgo: 0, keys: "session watcher"); // nearer, and too young
        await AddAsync(30, attachedAgo: 60, heardAgo: 1, lostAgo: 0.1);
        await AddAsync(10, attachedAgo: 9, heardAgo: 0, keys: "session watcher");

        Assert.Equal((true, false, false), (await HasLostAsync(10), await HasLostAsync(20), await HasLostAsync(40)));

        await fresh.Database.ExecuteAsync("update coordination.members set attached_at = clock_timestamp() where member_no in (10, 40)");
        Assert.Equal((false, true, false), (await HasLostAsync(10), await HasLostAsync(20), await HasLostAsync(40))); // nobody may: then the nearest
    }

    [Fact]
    public async Task A_lost_member_is_the_affair_of_a_watcher_of_an_earlier_version_that_came_back()
    {
        // It has asked for its key once, before its session came back, and has it still; the table forgot that with the session.
        await AddAsync(20, attachedAgo: 0.1, heardAgo: 0, keys: "session watcher", watched: false);
        await AddAsync(30, attachedAgo: 60, heardAgo: 1, lostAgo: 0.1);
        await AddAsync(10, attachedAgo: 0.1, heardAgo: 0, keys: "session watcher", watched: false);

        Assert.Equal((false, true), (await HasLostAsync(10), await HasLostAsync(20)));

        await fresh.Database.ExecuteAsync("update coordination.members set attached_at = clock_timestamp() - interval '9 min' where member_no in (10, 20)");
        Assert.Equal((false, true), (await HasLostAsync(10), await HasLostAsync(20)));
    }

    [Fact]
    public async Task A_lost_member_is_not_the_affair_of_a_watcher_that_is_away()
    {
        await AddAsync(20, attachedAgo: 9, heardAgo: 0, keys: "session"); // the nearest; its watcher had the key once
        await AddAsync(30, attachedAgo: 60, heardAgo: 1, lostAgo: 0.1);
        await AddAsync(40, attachedAgo: 9, heardAgo: 0, keys: "session watcher");

        Assert.True(await HasLostAsync(40));
    }

    private async Task AddAsync(int member, double attachedAgo, double heardAgo, double? lostAgo = null, string keys = "", bool watched = true, double? steadyFor = null)
    {
        await HoldAsync(member, keys);
        string Ago(double? seconds) => seconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"clock_timestamp() - interval '{value} min'") : "null";
        await fresh.Database.ExecuteAsync(
            $"""
            insert into coordination.members (member_no, group_id, member_id, status, session_no, lease_ms, grace_ms, pid, joined_at, attached_at,
                last_heartbeat, lost_at, waited_ms, looked_at, joined_epoch, joined_view, metadata, watched, steady_since)
            values ({member}, {_group}, 'pod-{member}', 'up', 1, 600000, 60000, {_sessions[^1].ProcessID}, now(), {Ago(attachedAgo)},
                {Ago(heardAgo)}, {Ago(lostAgo)}, {(int)(60000 * lostAgo ?? 0)}, {(lostAgo is null ? "null" : "clock_timestamp()")}, 1, 1, jsonb_build_object(), {watched}, {Ago(steadyFor ?? attachedAgo)})
            """);
    }

    /// <summary>A session of the member's, which holds these of its keys.</summary>
    private async Task HoldAsync(int member, string keys)
    {
        var session = await fresh.Database.OpenAsync();
        _sessions.Add(session);
        foreach (var key in keys.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            await using var command = new NpgsqlCommand($"select pg_advisory_lock(coordination.{key}_key(), {member})", session);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    private async Task<(int Changes, int Noted)> JudgeAsync(int session = 1, bool isSettled = true, string first = "")
    {
        await using var connection = await fresh.Database.OpenAsync();
        await using var command = new NpgsqlCommand($"{first} select changes, noted from coordination.judge({_group}, {Witness}, {session}, {isSettled})", connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        await reader.ReadAsync(TestContext.Current.CancellationToken);
        return (reader.GetInt32(0), reader.GetInt32(1));
    }

    private Task<string?> LoggedAsync(string column) =>
        fresh.Database.ScalarAsync<string>($"select {column} from coordination.view_log where group_id = {_group} order by view desc, seq desc limit 1");

    private Task<int?> SuccessorAsync(int member) => fresh.Database.ScalarAsync<int?>($"select successor from coordination.watch({_group}, {member}, 1)");

    private Task<bool> HasLostAsync(int member) => fresh.Database.ScalarAsync<bool>($"select has_lost from coordination.watch({_group}, {member}, 1)");
}
