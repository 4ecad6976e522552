namespace Coordination.Backends.Memory;

/// <summary>What sessions show of their locks. Not for two threads at once: the server's gate is around it.</summary>
internal sealed class MemoryBoard(MemoryLocks locks, MemoryRoster roster)
{
    private readonly Dictionary<string, Queue<LostLockReport>> _lost = new(StringComparer.Ordinal);

    /// <inheritdoc cref="IBackendSession.ShowAsync"/>
    public void Show(ServerSession session, IReadOnlyList<LockNote> shown, IReadOnlyList<long> gone)
    {
        foreach (var id in gone)
        {
            session.Shown.Remove(id);
        }

        foreach (var note in shown)
        {
            session.Shown[note.Id] = new ShownLock(
                $"{session.ProcessId}", IsOwn: false, session.Profile.Group, session.Profile.MemberId, session.Time.GetUtcNow() - note.Age, note);
        }
    }

    /// <inheritdoc cref="IBackendSession.TellLostAsync"/>
    public void TellLost(ServerSession session, IReadOnlyList<LostNote> lost)
    {
        if (!_lost.TryGetValue(session.Profile.Group, out var known))
        {
            _lost[session.Profile.Group] = known = [];
        }

        foreach (var one in lost)
        {
            known.Enqueue(new LostLockReport(one.Name, new FencingToken(one.Token), session.Profile.MemberId, session.Time.GetUtcNow() - one.Age, one.Reason));
        }

        while (known.Count > GroupFacts.MostLost)
        {
            known.Dequeue();
        }
    }

    /// <summary>What all sessions show, oldest first.</summary>
    public IReadOnlyList<ShownLock> Read(ServerSession reader) =>
        [.. roster.Sessions.SelectMany(session => session.Shown.Values.Select(shown => shown with { IsOwn = session == reader })).OrderBy(shown => shown.Since)];

    /// <summary>The group with all that is shown in it.</summary>
    public GroupFacts Survey(string name, MemoryGroup group, DateTimeOffset now)
    {
        var all = roster.Sessions.SelectMany(session => session.Shown.Values).ToList();
        var keys = all.Where(shown => shown.Group == name).Select(shown => shown.Note.Key).ToHashSet();
        var shown = all.Where(one => keys.Contains(one.Note.Key)).OrderBy(one => one.Since).ToList();
        var own = shown.Where(one => one.Group == name).ToLookup(one => (one.MemberId, one.Note.IsWaiting));
        return new GroupFacts
        {
            ServerVersion = "memory",
            ServerTime = now,
            View = group.View,
            Members = [.. group.Members.Select(member => new MemberFacts(
                member.Show(),
                now - HeardAgo(member),
                member.LastSession?.Profile.LeaseTime ?? default,
                member.LastSession?.Profile.LeaseTime ?? default,
                own[(member.Id, false)].Count(),
                own[(member.Id, true)].Count(),
                member.Session is null ? 0 : 1))],
            Observers = [.. group.Sessions.Where(session => session.Member is null).Select(session => session.Profile.MemberId).Order(StringComparer.Ordinal)],
            Shown = [.. shown.Take(GroupFacts.MostShown)],
            Holding = shown.Count(one => !one.Note.IsWaiting),
            Waiting = shown.Count(one => one.Note.IsWaiting),
            History = [.. group.History],
            Lost = _lost.TryGetValue(name, out var lost) ? [.. lost.Reverse()] : [],
        };
    }

    /// <inheritdoc cref="IBackendSession.InspectAsync"/>
    public LockInspection Inspect(LockKey key)
    {
        var (holders, waiters) = locks.Look(key);
        var notes = roster.Sessions.SelectMany(session => session.Shown.Values).Where(shown => shown.Note.Key == key).ToLookup(shown => shown.Note.IsWaiting);
        var holder = holders.FirstOrDefault()?.Profile.MemberId;

        // The holders of a lock with several have keys of their own and are known from what they show only.
        var shown = notes[false].Where(one => holder is null || one.MemberId == holder).MinBy(one => one.Since);
        return new LockInspection(holder is not null || shown is not null, holder ?? shown?.MemberId, shown?.Since, Math.Max(waiters, notes[true].Count()));
    }

    private static TimeSpan HeardAgo(MemoryMember member) => member.LastSession is { } session ? session.Time.GetElapsedTime(session.HeardAt) : TimeSpan.Zero;
}
