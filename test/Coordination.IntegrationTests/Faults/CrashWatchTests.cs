using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>What the others see, and when, while a process or one of its two connections goes.</summary>
[Trait("Category", "Fault")]
public sealed class CrashWatchTests(PostgresServer server) : ReplicaScenario(server)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>For those who are to come back: longer than it takes on a machine that has other things to do.</summary>
    private const string LongGrace = "00:00:06";

    [Fact]
    public async Task A_killed_replica_is_seen_to_have_died_by_everybody_long_before_its_lease_is_over()
    {
        var replicas = await StartRipeAsync(3);

        var killed = Time.GetTimestamp();
        await replicas[1].SignalAsync("KILL");

        foreach (var witness in new[] { replicas[0], replicas[2] })
        {
            var gone = await ViewAsync(witness, "pod-1", shown: false, since: killed);
            Assert.Equal(["Died pod-1"], gone.Changes);
            Assert.InRange(Seconds(killed, gone.At), 0, Soon);
            AssertGapless(witness);
        }

        // Which member judged stands there by number and in words.
        Assert.StartsWith(
            "its session and its watcher are gone, so its process is; judged by member pod-0, number ",
            await Database.ScalarAsync<string>("select reason from coordination.view_log where member_id = 'pod-1' and kind = 'died' and by_no is not null"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_whose_session_broke_is_suspected_until_it_is_back_under_its_number()
    {
        var replicas = await StartRipeAsync(2, ("CrashGrace", LongGrace));
        var (witness, broken) = (replicas[0], replicas[1]);
        var before = await BecomesMemberAsync(broken);

        await broken.SignalAsync("STOP"); // or it would be back before anybody is sure that it is gone
        var terminated = Time.GetTimestamp();
        await TerminateAsync("pod-1", "session");

        var suspected = await witness.ExpectAsync(said => said.Changes.Contains("Suspected pod-1"), "a suspicion");
        await broken.SignalAsync("CONT");
        var recovered = await witness.ExpectAsync(said => said.Changes.Contains("Recovered pod-1"), "a recovery");
        Assert.InRange(Seconds(terminated, suspected.At), 0, Soon);
        Assert.Equal(suspected.View + 1, recovered.View);
        Assert.Equal(before.MemberNumber, (await BecomesMemberAsync(broken)).MemberNumber);
        AssertNobodyDied(witness, broken);
    }

    [Fact]
    public async Task A_terminated_session_costs_no_member_and_is_told_long_before_the_lease_is_over()
    {
        var replicas = await StartRipeAsync(3, ("CrashGrace", LongGrace));
        var before = await BecomesMemberAsync(replicas[1]);
        await AcquireAsync(replicas[1], "work", "held");

        var terminated = Time.GetTimestamp();
        await TerminateAsync("pod-1", "session");

        Assert.InRange(Seconds(terminated, (await replicas[1].ExpectAsync("lost", "held")).At), 0, Soon);
        Assert.Equal(before.MemberNumber, (await BecomesMemberAsync(replicas[1])).MemberNumber);
        await AcquireAsync(replicas[1], "work", "again");
        AssertNobodyDied(replicas);
    }

    [Fact]
    public async Task A_member_that_does_not_come_back_in_time_is_dead_although_its_process_lives()
    {
        await using var relay = Relay.To(Database.Address);
        var witness = await StartMemberAsync(0, Database.Url);
        var cut = await StartMemberAsync(1, relay.Address.Url);
        await BecomeRipeAsync(2);

        // Its watcher lives, and nothing new gets through: it cannot attach.
        relay.Silence();
        var terminated = await Database.ScalarAsync<DateTime>("select clock_timestamp()");
        await TerminateAsync("pod-1", "session");

        await witness.ExpectAsync(said => said.Changes.Contains("Suspected pod-1"), "a suspicion");
        await witness.ExpectAsync(said => said.Changes.Contains("Died pod-1"), "a death");
        var died = await Database.ScalarAsync<DateTime>("select at from coordination.view_log where member_id = 'pod-1' and kind = 'died'");
        Assert.InRange(died - terminated, Grace, TimeSpan.FromSeconds(Soon));
        relay.Restore();
        await BecomesMemberAsync(cut, state => state.Members.Count == 2);
    }

    [Fact]
    public async Task A_watcher_that_is_terminated_makes_no_view_and_comes_back()
    {
        var replicas = await StartRipeAsync(2);
        var before = (await replicas[0].AskAsync("state")).View;

        await TerminateAsync("pod-1", "watcher");

        await Eventually.BecomesTrueAsync(
            () => Database.ScalarAsync<bool>("select count(*) = 2 from pg_locks where locktype = 'advisory' and granted and classid::bigint = coordination.watcher_key()"),
            "both watchers have their keys");
        Assert.Equal(before, (await replicas[0].AskAsync("state")).View);
    }

    [Fact]
    public async Task A_member_whose_both_connections_are_terminated_is_taken_for_dead_and_joins_anew()
    {
        var replicas = await StartRipeAsync(2);
        var before = await BecomesMemberAsync(replicas[1]);

        await replicas[1].SignalAsync("STOP"); // or it could be back before anybody has looked
        await TerminateAsync("pod-1", "session", "watcher");

        await replicas[0].ExpectAsync(said => said.Changes.Contains("Died pod-1"), "a death");
        await replicas[1].SignalAsync("CONT");
        await BecomesMemberAsync(replicas[1], state => state.MemberNumber > before.MemberNumber);
        await replicas[0].ExpectAsync(said => said.Changes.Contains("Joined pod-1") && said.View > before.View, "a join");
    }

    [Fact]
    public async Task A_graceful_stop_is_seen_long_before_the_lease_is_over_and_never_as_a_death()
    {
        var replicas = await StartRipeAsync(3);

        var signaled = Time.GetTimestamp();
        await replicas[1].SignalAsync("TERM");

        foreach (var witness in new[] { replicas[0], replicas[2] })
        {
            var gone = await ViewAsync(witness, "pod-1", shown: false, since: signaled);
            Assert.Equal(["Left pod-1"], gone.Changes);
            Assert.InRange(Seconds(signaled, gone.At), 0, Soon);
        }

        AssertNobodyDied(replicas);
    }

    [Fact]
    public async Task A_replica_that_is_frozen_for_half_its_lease_makes_no_view()
    {
        var lease = 4 * Lease; // what is left of it is for a machine that has other things to do
        var replicas = await StartRipeAsync(3, ("LeaseTime", lease.ToString()));
        var before = await BecomesMemberAsync(replicas[1]);

        await replicas[1].SignalAsync("STOP");
        await Task.Delay(lease / 2, Time, TestContext.Current.CancellationToken);
        await replicas[1].SignalAsync("CONT");

        var after = await BecomesMemberAsync(replicas[1]);
        Assert.Equal((before.MemberNumber, before.View), (after.MemberNumber, after.View));
        Assert.Equal(before.View, (await replicas[0].AskAsync("state")).View);
    }

    [Fact]
    public async Task Without_watchers_the_beats_find_a_crash_after_the_grace_and_long_before_the_lease_is_over()
    {
        var replicas = await StartRipeAsync(3, ("CrashWatch", "false"));
        Assert.Equal(0, await Database.ScalarAsync<long>("select count(*) from coordination.live_connections where kind = 'watcher'"));

        var killed = Time.GetTimestamp();
        await replicas[1].SignalAsync("KILL");

        var gone = await ViewAsync(replicas[0], "pod-1", shown: false, since: killed);
        Assert.Equal(["Died pod-1"], gone.Changes);
        Assert.InRange(Seconds(killed, gone.At), Grace.TotalSeconds, Soon);
    }

    private static void AssertGapless(Replica replica)
    {
        var views = replica.Events.Where(said => said is { Kind: "view", View: > 0 }).Select(said => said.View).ToArray();
        Assert.Equal(Enumerable.Range(0, views.Length).Select(i => views[0] + i), views);
    }

    private static void AssertNobodyDied(params Replica[] replicas) => Assert.All(
        replicas, replica => Assert.DoesNotContain(replica.Events, said => said.Changes.Any(change => change.StartsWith("Died", StringComparison.Ordinal))));

    private async Task<Replica[]> StartRipeAsync(int count, params (string Key, string Value)[] settings)
    {
        var replicas = new Replica[count];
        for (var i = 0; i < count; i++)
        {
            replicas[i] = await StartMemberAsync(i, Database.Url, settings); // one after the other, so that the ring is in their order
        }

        await BecomeRipeAsync(count, isWatched: !settings.Contains(("CrashWatch", "false")));
        await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count == count)));
        return replicas;
    }

    private Task<Replica> StartMemberAsync(int number, string url, params (string Key, string Value)[] settings) =>
        StartOnAsync(url, [("MemberId", $"pod-{number}"), ("LeaseTime", LongLease), ("CrashGrace", Grace.ToString()), .. settings]);

    private async Task TerminateAsync(string member, params string[] kinds) => Assert.Equal(
        kinds.Length,
        await Database.ScalarAsync<long>(
            $"select count(pg_terminate_backend(pid)) from coordination.live_connections where member_id = '{member}' and kind in ('{string.Join("', '", kinds)}')"));
}
