namespace Coordination.Backends.Files;

/// <summary>What sessions show of their locks, each in its card.</summary>
internal sealed class FileBoard(Folder folder, FileRoster roster, TimeProvider time)
{
    private readonly Dictionary<long, CardNote> _shown = [];

    /// <inheritdoc cref="IBackendSession.ShowAsync"/>
    public void Show(SessionSlot session, MemberProfile profile, IReadOnlyList<LockNote> shown, IReadOnlyList<long> gone)
    {
        foreach (var id in gone)
        {
            _shown.Remove(id);
        }

        foreach (var note in shown)
        {
            _shown[note.Id] = new CardNote(time.GetUtcNow() - note.Age, note);
        }

        if (!roster.Sessions.TryFind(session.Number, out _))
        {
            return; // It is over: a card that it writes now stays behind.
        }

        var card = new SessionCard(profile.Group, profile.MemberId, profile.Observe, Environment.ProcessId, [.. _shown.Values]);
        try
        {
            FolderFile.Write(folder.Paths.Card(session.Number), card, FolderJson.Default.SessionCard);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Translate(e, folder.Paths.Root); // of this call only: a full disk costs nobody the locks that are merely not shown
        }
    }

    /// <inheritdoc cref="IBackendSession.TellLostAsync"/>
    /// <remarks>The folder's mutex is around it.</remarks>
    public void TellLost(MemberProfile profile, IReadOnlyList<LostNote> lost)
    {
        var group = roster.Groups.Get(profile.Group);
        var told = lost.Select(one => new LostLockReport(one.Name, new FencingToken(one.Token), profile.MemberId, time.GetUtcNow() - one.Age, one.Reason));
        roster.Groups.Save(group with { Lost = [.. group.Lost.Concat(told).TakeLast(GroupFacts.MostLost)] });
    }

    /// <summary>What all sessions show, oldest first.</summary>
    public IReadOnlyList<ShownLock> Read(long reader) => [.. roster.Sessions.All().SelectMany(session => Shown(session, reader)).OrderBy(shown => shown.Since)];

    /// <inheritdoc cref="IBackendSession.InspectAsync"/>
    public LockInspection Inspect(LockKey key)
    {
        var (holders, waiters) = roster.Locks.Look(key);
        var holder = holders.Select(session => (Session: session, Card: Card(session))).FirstOrDefault(one => one.Card is not null);
        var since = holder.Card?.Shown.Where(one => one.Note.Key == key && !one.Note.IsWaiting).Select(one => (DateTimeOffset?)one.Since).Min();
        return new LockInspection(holders.Count > 0, holder.Card?.MemberId, since, waiters);
    }

    /// <summary>A group with all that is shown in it; null before anybody has come into it. The folder's mutex is around it.</summary>
    public GroupFacts? Survey(string name)
    {
        if (roster.Groups.Find(FolderPaths.GroupOf(name)) is not { } group)
        {
            return null;
        }

        var sessions = roster.Sessions.All(FolderPaths.GroupOf(name)).ToDictionary(session => session.Number);
        var all = Read(reader: 0);
        var keys = all.Where(one => one.Group == name).Select(one => one.Note.Key).ToHashSet();
        var shown = all.Where(one => keys.Contains(one.Note.Key)).ToList();
        var own = shown.Where(one => one.Group == name).ToLookup(one => (one.MemberId, one.Note.IsWaiting));
        var now = time.GetUtcNow();
        return new GroupFacts
        {
            ServerVersion = "file",
            ServerTime = now,
            View = new ViewNumber(folder.State.Epoch, group.View),
            Members = [.. group.Members.Select(entry => new MemberFacts(
                entry.Member,
                now - time.GetElapsedTime(sessions.TryGetValue(entry.Session, out var session) ? Math.Max(session.HeardAt, 0) : entry.SuspectSince),
                entry.Lease,
                entry.Lease,
                own[(entry.Member.Id, false)].Count(),
                own[(entry.Member.Id, true)].Count(),
                entry.Session == 0 ? 0 : 1))],
            Observers = [.. sessions.Values.Where(session => session.Member == 0).Select(session => Card(session.Number)?.MemberId).OfType<string>().Order(StringComparer.Ordinal)],
            Shown = [.. shown.Take(GroupFacts.MostShown)],
            Holding = shown.Count(one => !one.Note.IsWaiting),
            Waiting = shown.Count(one => one.Note.IsWaiting),
            History = [.. group.Log.Reverse().SelectMany(entry => entry.Changes.Select(change => new HistoryFact(
                entry.At, new ViewNumber(folder.State.Epoch, entry.View), change.Kind, change.Member.Id, change.Member.Number, change.Member.Status, change.Member.Metadata, change.Reason, entry.By)))
                .Take(GroupFacts.MostHistory)],
            Lost = [.. group.Lost.Reverse()],
        };
    }

    private IEnumerable<ShownLock> Shown(SessionSlot session, long reader) => Card(session.Number) is { } card
        ? card.Shown.Select(one => new ShownLock($"{session.Number}", session.Number == reader, card.Group, card.MemberId, one.Since, one.Note))
        : [];

    private SessionCard? Card(long session) => FolderFile.Read(folder.Paths.Card(session), FolderJson.Default.SessionCard);
}
