using Coordination.Backends;
using Coordination.Backends.Memory;

namespace Coordination.UnitTests.Backends.Memory;

public sealed class MemoryMembershipTests : IAsyncDisposable
{
    private readonly MemoryHouse _house = new();

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Every_join_is_one_view_and_no_number_is_left_out()
    {
        var first = await _house.JoinAsync("a");
        var joins = Enumerable.Range(0, 9).Select(i => Task.Run(() => _house.JoinAsync($"m{i}")));
        await Task.WhenAll(joins);

        var views = await first.ReadChangesAsync(first.Opening.View);

        Assert.Equal(Enumerable.Range(2, 9).Select(n => (long)n), views!.Select(view => view.View.Number));
        Assert.All(views!, view => Assert.Equal(MemberChangeKind.Joined, Assert.Single(view.Changes).Kind));
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_beat_keeps_the_session_and_is_counted_from_its_sending()
    {
        var events = new RecordedEvents();
        var session = await _house.JoinAsync("a", events);

        _house.Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(0, events.Endings);
        Assert.Equal(session.OpenedAt.Utc + TimeSpan.FromHours(1), events.SentAt.Last().Utc);
        Assert.Single((await session.ReadGroupAsync()).Members);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_silent_member_is_dead_when_its_lease_is_over_and_its_locks_are_free_then()
    {
        var key = LockKey.Single(1);
        var silent = await _house.JoinAsync("silent");
        var other = await _house.JoinAsync("other");
        await TestCommand.TryAsync(silent, key);
        Assert.True(_house.Server.Silence("silent"));

        _house.Time.Advance(MemoryHouse.Lease - TimeSpan.FromMilliseconds(1));
        Assert.Null(await TestCommand.TryAsync(other, key));
        _house.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.NotNull(await TestCommand.TryAsync(other, key));
        var change = Assert.Single(Assert.Single((await other.ReadChangesAsync(other.Opening.View))!).Changes);
        Assert.Equal((MemberChangeKind.Died, "silent"), (change.Kind, change.Member.Id));
        Assert.Null(await _house.AttachAsync(silent, "silent"));
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_killed_session_frees_its_locks_and_its_member_may_come_back()
    {
        var key = LockKey.Single(1);
        var events = new RecordedEvents();
        var broken = await _house.JoinAsync("a", events);
        var other = await _house.JoinAsync("b");
        await TestCommand.TryAsync(broken, key);

        Assert.True(_house.Server.Kill("a"));
        Assert.IsType<CoordinationUnavailableException>(await events.EndedAsync());
        Assert.NotNull(await TestCommand.TryAsync(other, key));
        _house.Time.Advance(MemoryHouse.Grace - TimeSpan.FromMilliseconds(1));
        var back = await _house.AttachAsync(broken, "a");
        _house.Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(broken.MemberNumber, back!.MemberNumber);
        Assert.Equal(
            [MemberChangeKind.Suspected, MemberChangeKind.Recovered],
            (await other.ReadChangesAsync(other.Opening.View))!.SelectMany(view => view.Changes).Select(change => change.Kind));
        Assert.Equal(1, events.Endings);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_dropped_member_is_suspect_and_dead_after_the_grace()
    {
        var events = new RecordedEvents();
        var dropped = await _house.JoinAsync("a", events);
        var other = await _house.JoinAsync("b");

        await dropped.DisposeAsync();
        Assert.Equal(MemberStatus.Suspect, (await other.ReadGroupAsync()).Members[0].Status);
        _house.Time.Advance(MemoryHouse.Grace);

        Assert.Equal("b", Assert.Single((await other.ReadGroupAsync()).Members).Id);
        Assert.Equal(0, events.Endings); // its owner asked for that
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Members_whose_process_is_gone_are_dead_at_once_and_in_one_view_and_the_reason_says_who_judged()
    {
        var key = LockKey.Single(1);
        var witness = await _house.JoinAsync("witness");
        var process = new MemoryBackend(_house.Server.Name, _house.Time);
        var events = new RecordedEvents();
        var killed = await process.JoinAsync(MemoryHouse.Profile("a"), default, events, TestContext.Current.CancellationToken);
        await process.JoinAsync(MemoryHouse.Profile("b"), default, new RecordedEvents(), TestContext.Current.CancellationToken);
        await TestCommand.TryAsync(killed, key);
        var before = (await witness.ReadGroupAsync()).View;

        await process.DisposeAsync();

        var view = Assert.Single((await witness.ReadChangesAsync(before))!);
        Assert.Equal([(MemberChangeKind.Died, "a"), (MemberChangeKind.Died, "b")], view.Changes.Select(change => (change.Kind, change.Member.Id)));
        Assert.All(view.Changes, change => Assert.EndsWith("judged by the server", change.Reason, StringComparison.Ordinal));
        Assert.NotNull(await TestCommand.TryAsync(witness, key));
        Assert.Null(await _house.AttachAsync(killed, "a"));
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_newcomer_with_the_same_id_supersedes_in_one_view()
    {
        var (oldEvents, watcherEvents) = (new RecordedEvents(), new RecordedEvents());
        var watcher = await _house.JoinAsync("watcher", watcherEvents);
        var old = await _house.JoinAsync("a", oldEvents);
        var next = await _house.JoinAsync("a");

        await oldEvents.EndedAsync();
        await watcherEvents.SawAsync(next.Opening.View);
        var last = (await watcher.ReadChangesAsync(old.Opening.View))!;

        Assert.Equal([MemberChangeKind.Superseded, MemberChangeKind.Joined], Assert.Single(last).Changes.Select(change => change.Kind));
        Assert.Equal([watcher.MemberNumber, next.MemberNumber], (await watcher.ReadGroupAsync()).Members.Select(member => member.Number));
        Assert.Null(await _house.AttachAsync(old, "a"));
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Fail_refuses_beside_a_living_member_and_beside_a_broken_one_until_its_grace_is_over()
    {
        var careful = MemoryHouse.Profile("a") with { OnNameConflict = OnNameConflict.Fail };
        var first = await _house.JoinAsync("a");

        await Assert.ThrowsAsync<CoordinationConfigurationException>(() => _house.JoinAsync(careful));
        Assert.Equal(first.Opening.View, (await first.BeatAsync()).View);
        _house.Server.Kill("a");
        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => _house.JoinAsync(careful));
        _house.Time.Advance(careful.CrashGrace);
        var second = await _house.JoinAsync(careful);

        Assert.True(second.MemberNumber > first.MemberNumber);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Leaving_updating_and_taking_no_new_work_are_views()
    {
        var watcher = await _house.JoinAsync("watcher");
        var session = await _house.JoinAsync("a");

        await session.UpdateAsync(new Uri("http://a"), new Dictionary<string, string> { ["zone"] = "z1" });
        await session.MarkLeavingAsync();
        await session.MarkLeavingAsync();
        await session.LeaveAsync();
        var changes = (await watcher.ReadChangesAsync(session.Opening.View))!.SelectMany(view => view.Changes).ToArray();

        Assert.Equal([MemberChangeKind.Updated, MemberChangeKind.Updated, MemberChangeKind.Left], changes.Select(change => change.Kind));
        Assert.Equal("z1", changes[0].Member.Metadata["zone"]);
        Assert.Equal(MemberStatus.Leaving, changes[1].Member.Status);
        await Assert.ThrowsAsync<CoordinationUnavailableException>(session.BeatAsync);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Changes_beyond_the_log_are_not_told_in_part()
    {
        var session = await _house.JoinAsync("a");
        for (var i = 0; i < MemoryGroup.LogLimit; i++)
        {
            await session.UpdateAsync(null, new Dictionary<string, string> { ["i"] = $"{i}" });
        }

        Assert.Equal(MemoryGroup.LogLimit, (await session.ReadChangesAsync(session.Opening.View))!.Count);
        await session.UpdateAsync(null, new Dictionary<string, string>());

        Assert.Null(await session.ReadChangesAsync(session.Opening.View));
        Assert.Null(await session.ReadChangesAsync(session.Opening.View with { Epoch = 0 }));
        Assert.Empty((await session.ReadChangesAsync((await session.BeatAsync()).View))!);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task An_observer_sees_the_group_and_is_not_in_it()
    {
        var events = new RecordedEvents();
        var observer = await _house.JoinAsync(MemoryHouse.Profile("eye") with { Observe = true }, events);
        var member = await _house.JoinAsync("a");

        await events.SawAsync(member.Opening.View);

        Assert.Equal(0, observer.MemberNumber);
        Assert.Equal("a", Assert.Single((await observer.ReadGroupAsync()).Members).Id);
        Assert.NotNull(await TestCommand.TryAsync(observer, LockKey.Single(1)));
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Groups_of_one_server_have_their_own_members_and_numbers()
    {
        var here = await _house.JoinAsync("a");
        var there = await _house.JoinAsync(MemoryHouse.Profile("a", group: "bills"));

        Assert.Equal(here.Opening.View, there.Opening.View);
        Assert.Single((await here.ReadGroupAsync()).Members);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_server_is_shared_by_name_and_begins_a_new_epoch_after_its_last_backend()
    {
        var name = Guid.NewGuid().ToString();
        var key = LockKey.Single(1);
        await using var one = new MemoryBackend(name, _house.Time);
        var two = new MemoryBackend(name, _house.Time);
        Assert.Same(one.Server, two.Server);
        await two.DisposeAsync();
        var before = await one.JoinAsync(MemoryHouse.Profile("a"), default, new RecordedEvents(), TestContext.Current.CancellationToken);
        var token = await TestCommand.TryAsync(before, key);
        await one.DisposeAsync();

        await using var three = new MemoryBackend(name, _house.Time);
        var after = await three.JoinAsync(MemoryHouse.Profile("a"), default, new RecordedEvents(), TestContext.Current.CancellationToken);

        Assert.NotSame(one.Server, three.Server);
        Assert.True(after.Opening.View > before.Opening.View);
        Assert.True(await TestCommand.TryAsync(after, key) > token);
    }
}
