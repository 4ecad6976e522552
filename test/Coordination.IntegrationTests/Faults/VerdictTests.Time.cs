using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <content>What a length of time proves when the server stood still or its clock was set.</content>
public sealed partial class VerdictTests
{
    [Theory]
    //          steady  stamped                in minutes; a gap of five breaks the steadiness
    [InlineData(9.0, 0.0)] // the server stood still, or its clock was set, and the witness has been served since
    [InlineData(30.0, 6.0)] // the same, and it has not: it is the first that is served again
    public async Task Silence_proves_nothing_to_a_witness_that_was_not_served_all_the_while(double steadyFor, double stampedAgo)
    {
        await AddAsync(Witness, attachedAgo: 30, heardAgo: stampedAgo, keys: "session", steadyFor: steadyFor);
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 11, keys: "watcher");

        Assert.Equal((1, 1), await JudgeAsync());

        Assert.Equal("suspected", await LoggedAsync("kind"));
    }

    [Theory]
    [InlineData(60.0, 0.0, true)] // nothing else is wrong with the server: this one hangs
    [InlineData(9.0, 0.0, false)]
    [InlineData(60.0, 61.0, false)] // all look silent: it is the clock
    public async Task A_session_that_is_silent_for_two_leases_is_ended_only_where_the_witness_was_served_all_the_while(double steadyFor, double stampedAgo, bool ends)
    {
        await AddAsync(Witness, attachedAgo: 90, heardAgo: stampedAgo, keys: "session", steadyFor: steadyFor);
        await AddAsync(Accused, attachedAgo: 90, heardAgo: 21, keys: "session watcher");
        var pid = _sessions[^1].ProcessID;
        await fresh.Database.ExecuteAsync($"update coordination.members set pid_start = (select backend_start from pg_stat_activity where pid = {pid}) where member_no = {Accused}");

        Assert.Equal((0, 0), await JudgeAsync());

        Task<bool> LivesAsync() => fresh.Database.ScalarAsync<bool>($"select exists (select from pg_stat_activity where pid = {pid})");
        if (ends)
        {
            await Eventually.BecomesTrueAsync(async () => !await LivesAsync(), "the session is ended");
        }
        else
        {
            Assert.True(await LivesAsync());
        }
    }

    [Theory]
    //          waited  looked  then     in seconds; the grace is a minute
    [InlineData(59.8, 0.5, null)] // the grace is over
    [InlineData(10.0, 0.5, 10.5)] // a look counts as long as it is after the one before
    [InlineData(10.0, 1.5, 10.5)] // up to a second; what it is later than that is taken off
    [InlineData(59.8, 2.5, 59.3)] // else a stall could be the rest of a grace
    [InlineData(59.8, 30.0, 31.8)]
    [InlineData(59.8, 120.0, 0.0)] // a long one: the grace begins anew
    [InlineData(10.0, -3600.0, 10.0)] // the clock was set back
    public async Task A_grace_is_as_long_as_the_looks_of_those_who_were_served(double waited, double lookedAgo, double? then)
    {
        // A steadiness that is lost again and again changes nothing in it.
        await AddAsync(Witness, attachedAgo: 30, heardAgo: 0, keys: "session", steadyFor: 0.01);
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 11, lostAgo: 10, keys: "watcher");

        // In one command with the look, or what lies between would count.
        Assert.Equal(then is null ? (1, 1) : (0, 0), await JudgeAsync(first: string.Create(CultureInfo.InvariantCulture,
            $"update coordination.members set status = 'suspect', waited_ms = {1000 * waited}, looked_at = clock_timestamp() - interval '{lookedAgo} s' where member_no = {Accused};")));

        if (then is not { } expected)
        {
            Assert.Equal("died", await LoggedAsync("kind"));
            return;
        }

        // What this call itself was late for is taken off or added, each at most.
        Assert.InRange(await fresh.Database.ScalarAsync<int>($"select waited_ms from coordination.members where member_no = {Accused}"), 1000 * expected - 500, 1000 * expected + 500);
        Assert.True(await fresh.Database.ScalarAsync<bool>($"select looked_at between clock_timestamp() - interval '30 s' and clock_timestamp() from coordination.members where member_no = {Accused}"));
    }

    [Fact]
    public async Task A_grace_of_which_nobody_saw_the_end_begins_anew_with_a_witness_that_has_come_since()
    {
        await AddAsync(Witness, attachedAgo: 1.5, heardAgo: 0, keys: "session");
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 11, lostAgo: 10, keys: "watcher");
        await fresh.Database.ExecuteAsync($"update coordination.members set waited_ms = 179999, looked_at = clock_timestamp() - interval '91 s' where member_no = {Accused}");

        Assert.Equal((0, 0), await JudgeAsync());

        Assert.Equal(0, await fresh.Database.ScalarAsync<int>($"select waited_ms from coordination.members where member_no = {Accused}"));
    }

    [Fact]
    public async Task Looks_of_which_each_is_late_make_a_grace_longer_and_not_endless()
    {
        await AddAsync(Witness, attachedAgo: 30, heardAgo: 0, keys: "session");
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 1, lostAgo: 0.1, keys: "watcher");
        await fresh.Database.ExecuteAsync($"update coordination.members set status = 'suspect', waited_ms = 0, grace_ms = 3000 where member_no = {Accused}");
        var looks = 0;
        do
        {
            await fresh.Database.ExecuteAsync($"update coordination.members set looked_at = clock_timestamp() - interval '1.25 s' where member_no = {Accused}");
            looks++;
        }
        while (await JudgeAsync() is (0, 0) && looks < 20);

        Assert.InRange(looks, 4, 19);
        Assert.Equal("died", await LoggedAsync("kind"));
    }

    [Fact]
    public async Task A_witness_from_before_the_clock_was_set_back_is_as_old_as_its_steadiness()
    {
        await AddAsync(Witness, attachedAgo: -60, heardAgo: 0, keys: "session", steadyFor: 0.5);
        await AddAsync(Accused, attachedAgo: -60, heardAgo: 0.1);
        Assert.Equal((0, 1), await JudgeAsync());

        await fresh.Database.ExecuteAsync($"update coordination.members set steady_since = clock_timestamp() - interval '2 min' where member_no = {Witness}");
        Assert.Equal((1, 1), await JudgeAsync());

        Assert.Equal("died", await LoggedAsync("kind"));
    }

    [Theory]
    [InlineData(9.0, 0.0)] // served since a stall that made both of the other's connections break
    [InlineData(30.0, 6.0)] // the first that is served again
    public async Task Free_keys_prove_no_death_to_a_witness_that_was_not_served_all_the_while(double steadyFor, double stampedAgo)
    {
        await AddAsync(Witness, attachedAgo: 30, heardAgo: stampedAgo, keys: "session", steadyFor: steadyFor);
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 11);

        Assert.Equal((1, 1), await JudgeAsync());

        Assert.Equal("suspected", await LoggedAsync("kind"));
    }

    [Fact]
    public async Task A_witness_that_has_not_stamped_yet_when_the_clock_is_set_buries_nobody()
    {
        // Back for an instant when the clock went ten minutes ahead; the other has not come back yet.
        await AddAsync(Witness, attachedAgo: 10, heardAgo: 10, keys: "session");
        await fresh.Database.ExecuteAsync($"update coordination.members set last_heartbeat = attached_at, steady_since = null where member_no = {Witness}");
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 11, lostAgo: 9.9);
        await fresh.Database.ExecuteAsync($"update coordination.members set waited_ms = 100, looked_at = lost_at where member_no = {Accused}");

        Assert.Equal((0, 0), await JudgeAsync());
    }

    [Theory]
    [InlineData(2, "suspected")] // a stall that ended both connections of the other may have left the witness its own
    [InlineData(1, "died")]
    public async Task Free_keys_prove_nothing_to_a_witness_that_may_be_silent_for_longer_than_the_others_lease(int longer, string verdict)
    {
        await AddAsync(Witness, attachedAgo: 30, heardAgo: 0, keys: "session");
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 1);
        await fresh.Database.ExecuteAsync($"update coordination.members set lease_ms = lease_ms * {longer}, stamp_ms = lease_ms where member_no = {Witness}");

        await JudgeAsync();

        Assert.Equal(verdict, await LoggedAsync("kind"));
    }

    [Fact]
    public async Task A_loss_that_an_earlier_version_noted_is_looked_at_from_now_on()
    {
        await AddAsync(Witness, attachedAgo: 30, heardAgo: 0, keys: "session");
        await AddAsync(Accused, attachedAgo: 60, heardAgo: 40, lostAgo: 5);
        await fresh.Database.ExecuteAsync($"update coordination.members set waited_ms = 0, looked_at = null where member_no = {Accused}");

        await JudgeAsync();

        Assert.True(await fresh.Database.ScalarAsync<bool>($"select looked_at is not null from coordination.members where member_no = {Accused}"));
    }

    [Theory]
    [InlineData("session", 0)]
    [InlineData("", 1)]
    public async Task An_observer_judges_only_where_no_member_lives_and_gives_all_the_grace(string keys, int changes)
    {
        await AddAsync(Witness, attachedAgo: 30, heardAgo: -1, keys: keys);
        await AddAsync(Accused, attachedAgo: 60, heardAgo: -1);
        await fresh.Database.ExecuteAsync("update coordination.members set grace_ms = 1");
        await using var observer = await fresh.Database.OpenAsync();

        // All keys are free: all processes are gone, or something broke every connection but the observer's.
        Assert.Equal(changes * 2, await JudgeAsync());
        Assert.Equal(changes == 0, await LoggedAsync("kind") is null);
        Assert.Equal(2, await fresh.Database.ScalarAsync<long>("select count(*) from coordination.members"));

        Assert.Equal(changes * 2, await JudgeAsync());
        Assert.Equal(changes == 0 ? null : "died", await LoggedAsync("kind"));

        async Task<int> JudgeAsync()
        {
            await using var judge = observer.CreateCommand();
            judge.CommandText = $"update coordination.members set last_heartbeat = clock_timestamp(); select pg_sleep(0.01); select changes from coordination.judge({_group}, 0, 0, true)";
            await using var reader = await judge.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            await reader.NextResultAsync(TestContext.Current.CancellationToken);
            await reader.ReadAsync(TestContext.Current.CancellationToken);
            return reader.GetInt32(0);
        }
    }
}
