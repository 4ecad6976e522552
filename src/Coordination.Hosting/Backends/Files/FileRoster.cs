namespace Coordination.Backends.Files;

/// <summary>The members of the groups of a folder. The folder's mutex is around it.</summary>
/// <remarks>
/// <code>
/// session: open ──silent for LeaseTime, process gone, dropped, left──▶ over, its keys are free
/// member:  up ──session dropped──▶ suspect ──attached──▶ up
///                                    └──CrashGrace──▶ dead
///          up ──silent for LeaseTime, process gone──▶ dead      up ──leave──▶ gone
/// </code>
/// A session whose member was superseded keeps its keys until it has ended itself: its holders are told before others get in.
/// </remarks>
internal sealed class FileRoster
{
    private readonly Folder _folder;
    private readonly TimeProvider _time;
    private readonly FileSessions _sessions;
    private readonly FileLocks _locks;

    public FileRoster(Folder folder, TimeProvider time)
    {
        _folder = folder;
        _time = time;
        _sessions = new FileSessions(folder, time);
        Groups = new FileGroups(folder, time);
        _locks = new FileLocks(folder, BuryIfDead);
        Places = new FilePlaces(folder, _locks, BuryIfDead);
    }

    public FileSessions Sessions => _sessions;

    public FileGroups Groups { get; }

    public FileLocks Locks => _locks;

    public FilePlaces Places { get; }

    /// <summary>The member on whose behalf the dead are buried; null for none.</summary>
    public long? Judge { get; set; }

    private long Epoch => _folder.State.Epoch;

    /// <summary>Makes the owner of a new session a member, in the place of a living one with the same id if need be.</summary>
    /// <exception cref="CoordinationConfigurationException">The id is taken and the profile says to refuse then; nothing has changed.</exception>
    /// <exception cref="CoordinationUnavailableException">The same, and its owner may come back; or the group has as many members as it may have. Nothing has changed.</exception>
    public (SessionSlot Session, GroupDocument Group) Join(MemberProfile profile, out KernelLock lifeline)
    {
        BuryTheDead(profile.Group);
        var group = Groups.Get(profile.Group);
        if (profile.Observe)
        {
            return (_sessions.Register(profile, out lifeline), group);
        }

        var predecessor = group.Find(profile.MemberId);
        if (predecessor is not null && profile.OnNameConflict is OnNameConflict.Fail)
        {
            throw NameConflict.With(predecessor.Member.Number, isLost: predecessor.Session == 0, profile);
        }

        if (predecessor is null && group.Members.Count >= profile.MostMembers)
        {
            throw GroupSize.Full(profile.Group, profile.MostMembers);
        }

        var session = _sessions.Register(profile, out lifeline);
        session.Member = ++_folder.Map.LastMember;
        _sessions.WriteMember(session);
        var member = new Member(profile.MemberId, session.Member, MemberStatus.Up, _time.GetUtcNow(), profile.Url, profile.Metadata);
        var entry = new MemberEntry(member, session.Number, profile.LeaseTime, profile.CrashGrace, IsLeaving: false, SuspectSince: 0);
        List<MemberChange> changes = [];
        if (predecessor is not null)
        {
            group = group.Without(predecessor.Member.Number);
            changes.Add(new MemberChange(MemberChangeKind.Superseded, predecessor.Member, "a new process with the same member id took its place"));
        }

        changes.Add(new MemberChange(MemberChangeKind.Joined, member, null));
        group = Groups.Publish(group.With(entry), session.Member, changes);
        if (predecessor is not null && _sessions.TryFind(predecessor.Session, out _))
        {
            _folder.Map.Evict(FileSessions.SlotOf(predecessor.Session));
        }

        return (session, group);
    }

    /// <summary>Opens a new session for a member that is still in the group.</summary>
    /// <returns>Null when the group has gone on without the member, or when the member belongs to another history.</returns>
    public (SessionSlot Session, GroupDocument Group)? Attach(MemberProfile profile, long memberNumber, ViewNumber seen, out KernelLock? lifeline)
    {
        lifeline = null;
        BuryTheDead(profile.Group);
        var group = Groups.Get(profile.Group);
        if (profile.Observe)
        {
            return (_sessions.Register(profile, out lifeline), group);
        }

        if (group.Find(memberNumber) is not { } entry || entry.Member.Id != profile.MemberId || seen.Epoch != Epoch)
        {
            return null;
        }

        var session = _sessions.Register(profile, out lifeline);
        session.Member = memberNumber;
        _sessions.WriteMember(session);
        var next = (entry with
        {
            Session = session.Number,
            Lease = profile.LeaseTime,
            Grace = profile.CrashGrace,
            Member = entry.Member with { Url = profile.Url, Metadata = profile.Metadata },
        }).Settle();
        if (entry.Session != 0)
        {
            End(entry.Session); // Its owner has given it up, and nobody has noticed yet.
        }

        group = group.With(next);
        var isChanged = next.Member != entry.Member;
        group = isChanged || entry.Session == 0
            ? Groups.Publish(group, memberNumber, entry.Session == 0
                ? new MemberChange(MemberChangeKind.Recovered, next.Member, "it has connected again")
                : new MemberChange(MemberChangeKind.Updated, next.Member, null))
            : Groups.Save(group); // a new session is nobody's news
        return (session, group);
    }

    /// <summary>Publishes what a member has changed about itself.</summary>
    public void Update(SessionSlot session, Func<MemberEntry, MemberEntry> change, bool always)
    {
        if (FindOwn(session) is var (group, entry))
        {
            var next = change(entry).Settle();
            if (always || next != entry)
            {
                Groups.Publish(group.With(next), session.Member, new MemberChange(MemberChangeKind.Updated, next.Member, null));
            }
        }
    }

    /// <summary>The member goes in order, and its session with it.</summary>
    public void Leave(SessionSlot session)
    {
        _locks.ReleaseAll(session.Number); // first, so that whoever sees us gone finds them free
        if (FindOwn(session) is var (group, entry))
        {
            Groups.Publish(group.Without(session.Member), session.Member, new MemberChange(MemberChangeKind.Left, entry.Member, "left in order"));
        }

        _sessions.Remove(session.Number);
    }

    /// <summary>The owner drops its session: the keys are free at once, the member may come back within the grace.</summary>
    public void Drop(SessionSlot session, string why)
    {
        _locks.ReleaseAll(session.Number);
        if (FindOwn(session) is var (group, entry))
        {
            var suspect = (entry with { Session = 0, SuspectSince = _time.GetTimestamp() }).Settle();
            Groups.Publish(group.With(suspect), session.Member, new MemberChange(MemberChangeKind.Suspected, suspect.Member, $"its session broke: {why}"));
        }

        _sessions.Remove(session.Number);
    }

    /// <summary>Ends every session that does not live any more, and the grace of the members that have none.</summary>
    /// <param name="group">Whose members.</param>
    public void BuryTheDead(string group)
    {
        List<(SessionSlot Session, string Why)> dead = [];
        foreach (var session in _sessions.All())
        {
            if (_sessions.Condemn(session) is { } why)
            {
                dead.Add((session, why));
            }
        }

        Bury(dead);
        EndGraces(group);
    }

    private bool BuryIfDead(long session)
    {
        if (!_sessions.TryFind(session, out var found))
        {
            _locks.ReleaseAll(session); // Its burial was begun by somebody who was killed.
            return true;
        }

        if (_sessions.Condemn(found) is not { } why)
        {
            return false;
        }

        Bury([(found, why)]);
        return true;
    }

    /// <summary>Their members are dead at once, in one view for each group.</summary>
    private void Bury(List<(SessionSlot Session, string Why)> dead)
    {
        foreach (var graves in dead.GroupBy(one => one.Session.Group))
        {
            var group = Groups.Find(graves.Key);
            List<MemberChange> changes = [];
            foreach (var (session, why) in graves)
            {
                if (group?.Members.FirstOrDefault(entry => entry.Session == session.Number) is { } entry)
                {
                    group = group.Without(entry.Member.Number);
                    changes.Add(new MemberChange(MemberChangeKind.Died, entry.Member, why));
                }
            }

            if (changes.Count > 0)
            {
                Groups.Publish(group!, Judge, changes);
            }
        }

        foreach (var (session, _) in dead)
        {
            End(session.Number);
        }

        if (dead.Count > 0)
        {
            _locks.ServeAll();
        }
    }

    private void EndGraces(string name)
    {
        var group = Groups.Get(name);
        var now = _time.GetTimestamp();

        // Without a session nobody beats for it: either its grace runs, or whoever judged it was killed before it had said so.
        var over = group.Members.Where(entry => entry.Session == 0
            ? _time.GetElapsedTime(entry.SuspectSince, now) > entry.Grace
            : !_sessions.TryFind(entry.Session, out _)).ToList();
        if (over.Count > 0)
        {
            group = over.Aggregate(group, (rest, entry) => rest.Without(entry.Member.Number));
            Groups.Publish(group, Judge, [.. over.Select(entry => new MemberChange(MemberChangeKind.Died, entry.Member, "its session broke and was not back within the grace"))]);
        }
    }

    private void End(long session)
    {
        _locks.ReleaseAll(session);
        _sessions.Remove(session);
    }

    private (GroupDocument Group, MemberEntry Entry)? FindOwn(SessionSlot session) =>
        session.Member != 0 && Groups.Find(session.Group) is { } group && group.Find(session.Member) is { } entry && entry.Session == session.Number
            ? (group, entry)
            : null;
}
