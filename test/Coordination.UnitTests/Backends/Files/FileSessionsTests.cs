using Coordination.Backends;
using Coordination.Backends.Files;

namespace Coordination.UnitTests.Backends.Files;

/// <summary>Who lives, and what a session does that the others have ended.</summary>
public sealed class FileSessionsTests
{
    [Fact]
    public void A_judge_that_was_killed_before_the_burial_leaves_one_that_the_next_judge_buries()
    {
        using var table = new TemporaryTable();
        var sessions = new FileSessions(table.Folder, TimeProvider.System);
        var session = sessions.Register(Profile("silent"), out var lifeline);
        using (lifeline)
        {
            Assert.Null(sessions.Condemn(session));
            Assert.True(table.Folder.Map.TryCondemn(FileSessions.SlotOf(session.Number), session.HeardAt));

            Assert.StartsWith("silent for ", sessions.Verdict(session), StringComparison.Ordinal);
            Assert.StartsWith("silent for ", sessions.Condemn(session), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Whoever_takes_a_slot_writes_a_greater_word_than_the_one_before_left_there()
    {
        using var table = new TemporaryTable();
        var sessions = new FileSessions(table.Folder, TimeProvider.System);
        var left = TimeProvider.System.GetTimestamp() + TimeSpan.FromHours(1).Ticks;
        table.Folder.Map.WriteSession(0, new SessionSlot { Number = 1 << StateMap.SlotBits, HeardAt = left });
        table.Folder.Map.FreeSession(0);

        var next = sessions.Register(Profile("next"), out var lifeline);

        using (lifeline)
        {
            Assert.Equal(0, FileSessions.SlotOf(next.Number));
            Assert.True(next.HeardAt > left);
        }
    }

    [Fact]
    public void When_all_slots_are_taken_the_next_one_is_told_so()
    {
        using var table = new TemporaryTable();
        for (var slot = 0; slot < StateMap.MostSessions; slot++)
        {
            table.Folder.Map.WriteSession(slot, new SessionSlot { Number = (1L << StateMap.SlotBits) + slot });
        }

        var refusal = Assert.Throws<CoordinationUnavailableException>(() => new FileSessions(table.Folder, TimeProvider.System).Register(Profile("late"), out _));

        Assert.Contains("has room for no more", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(table.Folder.Paths.Sessions));
    }

    [Fact]
    public async Task A_session_that_the_others_ended_stamps_no_more_and_is_over()
    {
        using var table = new TemporaryTable();
        table.Folder.TryLeave();
        await using var backend = new FileBackend(table.Folder.Paths.Root, "folder", TimeProvider.System);
        var events = new EndOf();
        await using var session = await backend.JoinAsync(Profile("buried"), default, events, TestContext.Current.CancellationToken);
        var slot = FileSessions.SlotOf(new FileSessions(table.Folder, TimeProvider.System).All().Single().Number);

        table.Folder.Enter(); // and its files are still there: only the word says so
        table.Folder.Map.FreeSession(slot);
        Assert.True(table.Folder.TryLeave());

        var cause = await events.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.StartsWith("The others ended this session", cause.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_was_superseded_hears_of_it_also_when_its_successor_was_killed_before_it_had_said_so()
    {
        using var table = new TemporaryTable();
        table.Folder.TryLeave();
        await using var backend = new FileBackend(table.Folder.Paths.Root, "folder", TimeProvider.System);
        var events = new EndOf();
        await using var session = await backend.JoinAsync(Profile("superseded"), default, events, TestContext.Current.CancellationToken);

        table.Folder.Enter();
        var roster = new FileRoster(table.Folder, TimeProvider.System);
        var group = roster.Groups.Get("group");
        var member = group.Find(session.MemberNumber)!.Member;
        roster.Groups.Publish(group.Without(member.Number), by: null, new MemberChange(MemberChangeKind.Superseded, member, "a new process took its place"));
        Assert.True(table.Folder.TryLeave());

        await events.Gone.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_full_disk_costs_nobody_the_locks_that_cannot_be_shown()
    {
        using var table = new TemporaryTable();
        await Disk.BeRootAsync(table.Folder.Paths.Sessions);
        await using var disk = await Disk.MountAsync(Path.Combine(table.Folder.Paths.Root, "disk"), "size=16m");
        await using var backend = new FileBackend(Path.Combine(disk.Path, "group"), "folder", TimeProvider.System);
        var events = new EndOf();
        await using var session = await backend.JoinAsync(Profile("full"), default, events, TestContext.Current.CancellationToken);
        var note = new LockNote { Id = 1, Name = new string('n', 200), Key = LockKey.Single(1), Mode = LockMode.Exclusive, IsWaiting = false, Age = TimeSpan.Zero, Holds = [] };

        var filler = disk.Fill();
        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => session.ShowAsync([note], []));
        Assert.NotNull(await session.TryExtendAsync(LockKey.Single(1))); // it serves as before
        Assert.False(events.Ended.IsCompleted);

        File.Delete(filler);
        await session.ShowAsync([note], []);
        Assert.Equal(1, (await session.ReadShownAsync(onlyDeadlocks: false)).Single().Note.Id);
    }

    private static MemberProfile Profile(string id) => new()
    {
        Group = "group",
        MemberId = id,
        Observe = false,
        Url = null,
        Metadata = new Dictionary<string, string>(),
        LeaseTime = TimeSpan.FromSeconds(30),
        HeartbeatInterval = TimeSpan.FromMilliseconds(50),
        CrashGrace = TimeSpan.FromSeconds(30),
        OnNameConflict = OnNameConflict.Fail,
    };

    private sealed class EndOf : ISessionEvents
    {
        private readonly TaskCompletionSource<Exception> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Exception> Ended => _ended.Task;

        public Task Gone => _gone.Task;

        public void Beaten(IBackendSession session, Moment sentAt, BeatAnswer answer)
        {
            if (answer.Standing is Standing.Gone)
            {
                _gone.TrySetResult();
            }
        }

        public void HomeEnded(IBackendSession session, ILockHome home, Exception cause)
        {
            // A folder has no homes.
        }

        public void ViewSeen(ViewNumber view)
        {
            // Nobody reads views here.
        }

        void ISessionEvents.Ended(IBackendSession session, Exception cause) => _ended.TrySetResult(cause);
    }
}
