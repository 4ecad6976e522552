using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Contracts;

/// <summary>What the group promises, on every backend and through the public interface only.</summary>
public abstract partial class MembershipContract : Contract
{
    [Fact(Timeout = Limit)]
    public async Task Alone_a_member_sees_a_group_of_one()
    {
        var replica = await StartAsync("pod-0");
        var view = await replica.SeesMembersAsync("pod-0");

        var member = Assert.Single(view.Members);
        Assert.Equal(member, replica.Group.Self);
        Assert.Equal((MemberStatus.Up, MembershipState.Joined), (member.Status, replica.Group.State));
        Assert.True(member.Number > 0);
        Assert.InRange(member.JoinedAt, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1));
        Assert.Equal(member, view.Leader);
        Assert.Equal(member, view.PickRandom());
        Assert.Equal(member, view.Find("pod-0"));
        Assert.Null(view.Find("POD-0"));
        Assert.Equal(GroupName, replica.Group.Group);
    }

    [Fact(Timeout = Limit)]
    public async Task Ten_that_join_at_the_same_instant_see_one_gapless_sequence_with_the_same_content()
    {
        var replicas = Enumerable.Range(0, 10).Select(i => Build(options => options.MemberId = $"pod-{i}")).ToArray();
        var histories = replicas.Select(replica => RecordAsync(replica, view => view.Members.Count == 10)).ToArray();

        await Task.WhenAll(replicas.Select(replica => Apart(replica.StartAsync)));
        var seen = await Task.WhenAll(histories);

        Assert.All(seen, AssertGapless);
        foreach (var same in seen.SelectMany(history => history).GroupBy(view => view.Number))
        {
            Assert.All(same, view => Assert.Equal(same.First().Members, view.Members));
            // The view that a member came in with was read as a whole and tells no changes.
            var told = same.Where(view => view.Changes.Count > 0).ToArray();
            Assert.All(told, view => Assert.Equal(told[0].Changes, view.Changes));
        }

        Assert.Equal(10, seen[0][^1].Members.Select(member => member.Number).Distinct().Count());
        Assert.Equal(seen[0][^1].Members.OrderBy(member => member.Number), seen[0][^1].Members);
    }

    [Fact(Timeout = Limit)]
    public async Task A_member_that_stops_is_seen_to_have_left_and_why()
    {
        var (staying, going) = (await StartAsync("staying"), await StartAsync("going"));
        var number = (await staying.SeesMembersAsync("going", "staying")).Find("going")!.Number;
        var seeing = staying.SeesAsync(view => view.Changes.Any(change => change.Kind is MemberChangeKind.Left));

        await going.StopAsync();
        var view = await seeing;

        var change = Assert.Single(view.Changes);
        Assert.Equal(("going", number), (change.Member.Id, change.Member.Number));
        Assert.False(string.IsNullOrEmpty(change.Reason));
        Assert.Equal("staying", Assert.Single(view.Members).Id);
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_member_tells_about_itself_is_seen_and_so_is_its_change()
    {
        var watcher = await StartAsync("watcher");
        var teller = await StartAsync("teller", options =>
        {
            options.AdvertisedUrl = "http://10.0.0.7:8080/base";
            options.Metadata = new Dictionary<string, string> { ["zone"] = "z1", ["Ünïcode 🔒"] = "\"quoted\" \\ and ' too" };
        });
        var first = (await watcher.SeesMembersAsync("teller", "watcher")).Find("teller")!;
        Assert.Equal(new Uri("http://10.0.0.7:8080/base"), first.Url);
        Assert.Equal(["z1", "\"quoted\" \\ and ' too"], [first.Metadata["zone"], first.Metadata["Ünïcode 🔒"]]);
        var seeing = watcher.SeesAsync(view => view.Changes.Any(change => change.Kind is MemberChangeKind.Updated && change.Member.Id == "teller"));

        await teller.Group.UpdateMetadataAsync(new Dictionary<string, string> { ["zone"] = "z2" }, Ending);
        Assert.Equal("z2", teller.Group.Self!.Metadata["zone"]); // its own view is published when the update returns
        var view = await seeing;

        var second = view.Find("teller")!;
        Assert.Equal("z2", Assert.Single(second.Metadata).Value); // all of it was replaced
        Assert.Equal((first.Number, first.Url, first.JoinedAt), (second.Number, second.Url, second.JoinedAt));
        Assert.Equal(second, Assert.Single(view.Changes).Member);
    }

    [Fact(Timeout = Limit)]
    public async Task Metadata_that_no_view_could_carry_is_refused_and_changes_nothing()
    {
        var replica = await StartAsync("pod-0");
        await replica.Group.UpdateMetadataAsync(Of("most", 8192 - "most".Length), Ending);
        var before = replica.Group.Current;

        foreach (var wrong in new[] { Of("most", 8192 - "most".Length + 1), Of("wide", 4095, 'é'), Of("nul", 1, '\0'), Of("half", 1, '\ud800') })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => replica.Group.UpdateMetadataAsync(wrong, Ending).AsTask());
        }

        Assert.Equal(before.Number, (await replica.Group.RefreshAsync(Ending)).Number);

        static Dictionary<string, string> Of(string key, int length, char letter = 'x') => new() { [key] = new string(letter, length) };
    }

    [Fact(Timeout = Limit)]
    public async Task An_observer_sees_the_group_takes_locks_and_is_not_in_it()
    {
        var observer = await StartAsync("eye", options => options.Observe = true);
        Assert.Throws<NoMemberAvailableException>(() => observer.Group.Current.PickRandom());
        var member = await StartAsync("pod-0");

        var view = await observer.SeesMembersAsync("pod-0");
        await using var held = await observer.Locks.AcquireAsync("n", cancellationToken: Ending);

        Assert.Equal("pod-0", view.PickRandom().Id);
        Assert.Null(observer.Group.Self);
        Assert.Equal(MembershipState.Observing, observer.Group.State);
        Assert.Null(await member.Locks.TryAcquireAsync("n", cancellationToken: Ending));
        Assert.Equal("pod-0", Assert.Single((await member.Group.RefreshAsync(Ending)).Members).Id);
        await Assert.ThrowsAsync<CoordinationUnavailableException>(
            () => observer.Group.UpdateMetadataAsync(new Dictionary<string, string>(), Ending).AsTask());
    }

    [Fact(Timeout = Limit)]
    public async Task A_new_process_with_the_same_id_takes_the_place_of_the_old_one()
    {
        var (watcher, old) = (await StartAsync("watcher"), await StartAsync("pod-0"));
        var (lost, number) = (old.Group.Lost, old.Group.Self!.Number);
        var seeing = watcher.SeesAsync(view => view.Changes.Any(change => change.Kind is MemberChangeKind.Superseded));
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lost.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetResult(), told);

        await StartAsync("pod-0");
        var view = await seeing;
        await told.Task.WaitAsync(Ending);

        Assert.Equal([MemberChangeKind.Superseded, MemberChangeKind.Joined], view.Changes.Select(change => change.Kind));
        Assert.Equal(number, view.Changes[0].Member.Number);
        Assert.False(string.IsNullOrEmpty(view.Changes[0].Reason));
        Assert.True(Assert.Single(view.Members, member => member.Id == "pod-0").Number > number);
    }

    [Fact(Timeout = Limit)]
    public async Task Whoever_was_superseded_comes_back_only_when_its_name_is_free()
    {
        var (watcher, old) = (await StartAsync("watcher"), await StartAsync("pod-0"));
        var lost = old.Group.Lost;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lost.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetResult(), told);
        var fresh = await StartAsync("pod-0");
        var number = fresh.Group.Self!.Number;
        await told.Task.WaitAsync(Ending);
        List<MemberChangeKind> kinds = [];
        var back = watcher.SeesAsync(view =>
        {
            kinds.AddRange(view.Changes.Where(change => change.Member.Id == "pod-0").Select(change => change.Kind));
            return view.Find("pod-0")?.Number > number;
        });

        await fresh.Group.LeaveAsync(Ending);
        await back;

        Assert.DoesNotContain(MemberChangeKind.Superseded, kinds.SkipWhile(kind => kind is not MemberChangeKind.Left));
        Assert.Contains(MemberChangeKind.Left, kinds);
    }

    [Fact(Timeout = Limit)]
    public async Task With_Fail_the_second_process_of_an_id_does_not_start_and_nothing_changes()
    {
        var old = await StartAsync("pod-0");
        await using var held = await old.Locks.AcquireAsync("n", cancellationToken: Ending);
        var second = Build(options =>
        {
            options.MemberId = "pod-0";
            options.OnNameConflict = OnNameConflict.Fail;
        });

        var error = await Assert.ThrowsAnyAsync<CoordinationException>(second.StartAsync);

        Assert.Contains("pod-0", error.Message, StringComparison.Ordinal);
        Assert.Equal(old.Group.Current.Number, (await old.Group.RefreshAsync(Ending)).Number);
        Assert.True(held.IsHeld && await held.ConfirmAsync(Ending));
        await old.StopAsync();
        var third = await StartAsync("pod-0", options => options.OnNameConflict = OnNameConflict.Fail); // the place is free now
        Assert.NotNull(third.Group.Self);
    }

    [Fact(Timeout = Limit)]
    public async Task With_Fail_a_member_that_lost_its_session_keeps_its_place_while_it_may_come_back()
    {
        var old = await StartAsync("pod-0", options => options.CrashGrace = 2 * Limits.Step);
        var number = old.Group.Self!.Number;
        var newcomer = Build(options => (options.MemberId, options.OnNameConflict) = ("pod-0", OnNameConflict.Fail));
        using var held = new HeldReconnect(GroupName);
        await LoseSessionAsync("pod-0");
        await held.Reached.WaitAsync(Ending);

        var coming = Apart(newcomer.StartAsync);
        await Eventually.BecomesTrueAsync(
            () => Task.FromResult(coming.IsCompleted || newcomer.Inspector.Self.LastError?.Contains("may come back", StringComparison.Ordinal) is true), "the newcomer was refused");
        held.Release();

        var refused = await Assert.ThrowsAnyAsync<CoordinationException>(() => coming);
        Assert.Contains("pod-0", refused.Message, StringComparison.Ordinal);
        await Eventually.BecomesTrueAsync(() => Task.FromResult(old.Group.State is MembershipState.Joined), "the member is back");
        Assert.Equal(number, Assert.Single((await old.Group.RefreshAsync(Ending)).Members).Number);
    }

    [Fact(Timeout = Limit)]
    public async Task Another_group_in_the_same_place_is_another_group()
    {
        var here = await StartAsync("pod-0");
        var there = await StartAsync("pod-0", options => options.Group = $"bills of {GroupName}");

        Assert.Single((await here.Group.RefreshAsync(Ending)).Members);
        Assert.Single((await there.Group.RefreshAsync(Ending)).Members);
        Assert.NotEqual(here.Group.Self!.Number, there.Group.Self!.Number);
    }

    /// <summary>Breaks all connections of a member, and returns when they are gone. Its process lives and connects again.</summary>
    protected abstract Task LoseSessionAsync(string memberId);

    private static async Task<List<GroupView>> RecordAsync(Replica replica, Func<GroupView, bool> isLast)
    {
        var history = new List<GroupView>();
        await replica.SeesAsync(view =>
        {
            if (view.Number != default)
            {
                history.Add(view);
            }

            return isLast(view);
        });
        return history;
    }

    private static void AssertGapless(List<GroupView> history)
    {
        for (var i = 1; i < history.Count; i++)
        {
            Assert.Equal(history[i - 1].Number.Number + 1, history[i].Number.Number);
            Assert.Equal(history[i - 1].Number.Epoch, history[i].Number.Epoch);
            Assert.False(history[i].IsReset);
        }
    }
}
