using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>What the others see, and when, while a process or one of its two connections goes.</summary>
[Trait("Category", "Fault")]
public sealed class CrashWatchTests(PostgresServer server) : ReplicaScenario(server)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

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
            Assert.InRange(Seconds(killed, gone.At), 0, 1);
            AssertGapless(witness);
        }

        // Which member judged stands there by number and in words.
        Assert.StartsWith(
            "its session and its watcher are gone, so its process is; judged by member pod-0, number ",
            await Database.ScalarAsync<string>("select reason from coordination.view_log where member_id = 'pod-1' and kind = 'died' and by_no is not null"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_neighbours_that_are_killed_at_once_are_gone_within_a_second_and_two_views()
    {
        var replicas = await StartRipeAsync(4);
        var before = (await replicas[0].AskAsync("state")).View;

        var killed = Time.GetTimestamp();
        await Replica.KillTogetherAsync([replicas[1], replicas[2]]);

        foreach (var witness in new[] { replicas[0], replicas[3] })
        {
            var gone = await witness.ExpectAsync(said => said.Kind == "view" && said.At > killed && said.Members.Count == 2, "a view of two");
            Assert.InRange(Seconds(killed, gone.At), 0, 1);
            Assert.InRange(gone.View - before, 1, 2);
        }
    }

    [Fact]
    public async Task Seven_of_eight_that_are_killed_at_once_are_gone_within_a_second_and_a_half_and_two_views()
    {
        var replicas = await StartRipeAsync(8);
        var before = (await replicas[4].AskAsync("state")).View;

        var killed = Time.GetTimestamp();
        await Replica.KillTogetherAsync(replicas.Where((_, i) => i != 4));

        var alone = await replicas[4].ExpectAsync(said => said.Kind == "view" && said.At > killed && said.Members.Count == 1, "a view of one");
        Assert.InRange(Seconds(killed, alone.At), 0, 1.5);
        Assert.InRange(alone.View - before, 1, 2);
    }

    [Fact]
    public async Task A_member_whose_session_broke_is_suspected_until_it_is_back_under_its_number()
    {
        var replicas = await StartRipeAsync(2, ("LeaseTime", "00:00:10"), ("CrashGrace", "00:00:02"));
        var (witness, broken) = (replicas[0], replicas[1]);
        var before = await BecomesMemberAsync(broken);

        await broken.SignalAsync("STOP"); // or it would be back before anybody is sure that it is gone
        var terminated = Time.GetTimestamp();
        await TerminateAsync("pod-1", "session");

        var suspected = await witness.ExpectAsync(said => said.Changes.Contains("Suspected pod-1"), "a suspicion");
        await broken.SignalAsync("CONT");
        var recovered = await witness.ExpectAsync(said => said.Changes.Contains("Recovered pod-1"), "a recovery");
        Assert.InRange(Seconds(terminated, suspected.At), 0, 1);
        Assert.Equal(suspected.View + 1, recovered.View);
        Assert.Equal(before.MemberNumber, (await BecomesMemberAsync(broken)).MemberNumber);
        AssertNobodyDied(witness, broken);
    }

    [Fact]
    public async Task A_terminated_session_costs_no_member_and_its_own_watcher_tells_at_once()
    {
        var replicas = await StartRipeAsync(3);
        var before = await BecomesMemberAsync(replicas[1]);
        await AcquireAsync(replicas[1], "work", "held");

        var terminated = Time.GetTimestamp();
        await TerminateAsync("pod-1", "session");

        Assert.InRange(Seconds(terminated, (await replicas[1].ExpectAsync("lost", "held")).At), 0, 0.6);
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
        await TerminateAsync("pod-1", "session");

        var died = await witness.ExpectAsync(said => said.Changes.Contains("Died pod-1"), "a death");
        var suspected = await witness.ExpectAsync(said => said.Changes.Contains("Suspected pod-1"), "a suspicion");
        Assert.InRange(Seconds(suspected.At, died.At), Grace.TotalSeconds - 0.5, Grace.TotalSeconds + 1);
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

        await TerminateAsync("pod-1", "session", "watcher");

        await replicas[0].ExpectAsync(said => said.Changes.Contains("Died pod-1"), "a death");
        await BecomesMemberAsync(replicas[1], state => state.MemberNumber > before.MemberNumber);
        await replicas[0].ExpectAsync(said => said.Changes.Contains("Joined pod-1") && said.View > before.View, "a join");
    }

    [Fact]
    public async Task A_graceful_stop_is_seen_within_a_slice_and_never_as_a_death()
    {
        var replicas = await StartRipeAsync(3);

        var signaled = Time.GetTimestamp();
        await replicas[1].SignalAsync("TERM");

        foreach (var witness in new[] { replicas[0], replicas[2] })
        {
            var gone = await ViewAsync(witness, "pod-1", shown: false, since: signaled);
            Assert.Equal(["Left pod-1"], gone.Changes);
        }

        var left = (await replicas[1].ExpectAsync("stopped")).At;
        Assert.InRange(Seconds(left, (await ViewAsync(replicas[0], "pod-1", shown: false, since: signaled)).At), -1, 0.7);
        AssertNobodyDied(replicas);
    }

    [Fact]
    public async Task A_replica_that_is_frozen_for_half_its_lease_makes_no_view()
    {
        var replicas = await StartRipeAsync(3);
        var before = await BecomesMemberAsync(replicas[1]);

        await replicas[1].SignalAsync("STOP");
        await Task.Delay(Lease / 2, Time, TestContext.Current.CancellationToken);
        await replicas[1].SignalAsync("CONT");

        var after = await BecomesMemberAsync(replicas[1]);
        Assert.Equal((before.MemberNumber, before.View), (after.MemberNumber, after.View));
        Assert.Equal(before.View, (await replicas[0].AskAsync("state")).View);
    }

    [Fact]
    public async Task Without_watchers_the_beats_find_a_crash_within_the_grace_and_a_second()
    {
        var replicas = await StartRipeAsync(3, ("CrashWatch", "false"), ("LeaseTime", "00:00:20"));
        Assert.Equal(0, await Database.ScalarAsync<long>("select count(*) from coordination.live_connections where kind = 'watcher'"));

        var killed = Time.GetTimestamp();
        await replicas[1].SignalAsync("KILL");

        var gone = await ViewAsync(replicas[0], "pod-1", shown: false, since: killed);
        Assert.Equal(["Died pod-1"], gone.Changes);
        Assert.InRange(Seconds(killed, gone.At), Grace.TotalSeconds, Grace.TotalSeconds + 2);
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
        StartOnAsync(url, [("MemberId", $"pod-{number}"), .. settings.Any(setting => setting.Key is "CrashGrace") ? settings : [("CrashGrace", Grace.ToString()), .. settings]]);

    private async Task TerminateAsync(string member, params string[] kinds) => Assert.Equal(
        kinds.Length,
        await Database.ScalarAsync<long>(
            $"select count(pg_terminate_backend(pid)) from coordination.live_connections where member_id = '{member}' and kind in ('{string.Join("', '", kinds)}')"));
}
