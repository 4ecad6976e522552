namespace Coordination.Backends.Memory;

/// <summary>The sessions, groups and members of a server. The server's gate is around it.</summary>
/// <remarks>
/// <code>
/// session: open ──silent for LeaseTime, killed, dropped, superseded, left──▶ over, its keys are free
/// member:  up ──session broke──▶ suspect ──attached──▶ up
///          up ──its process is gone──▶ dead
///                                   └──CrashGrace, or LeaseTime since it was last heard──▶ dead
///          up ──silent for LeaseTime──▶ dead        up ──leave──▶ gone
/// </code>
/// </remarks>
internal sealed class MemoryRoster(long epoch, MemoryLocks locks, MemoryPlaces places)
{
    private readonly Dictionary<string, MemoryGroup> _groups = new(StringComparer.Ordinal);
    private readonly HashSet<ServerSession> _sessions = [];
    private long _lastMember;
    private int _lastProcess;

    public IReadOnlyCollection<ServerSession> Sessions => _sessions;

    /// <summary>The group of that name; null before anybody has come into it.</summary>
    public MemoryGroup? Find(string name) => _groups.GetValueOrDefault(name);

    /// <summary>Opens a session and makes its owner a member, in the place of a living one with the same id if need be.</summary>
    /// <exception cref="CoordinationConfigurationException">The id is taken and the profile says to refuse then; nothing has changed.</exception>
    /// <exception cref="CoordinationUnavailableException">The same, and its owner may come back; or the group has as many members as it may have. Nothing has changed.</exception>
    public GroupSnapshot Join(ServerSession session, Aftermath aftermath)
    {
        var profile = session.Profile;
        var group = FindGroup(profile);
        if (!profile.Observe)
        {
            var predecessor = group.Find(profile.MemberId);
            if (predecessor is not null && profile.OnNameConflict is OnNameConflict.Fail)
            {
                throw NameConflict.With(predecessor.Number, isLost: predecessor.Session is null, profile);
            }

            if (predecessor is null && group.Members.Count >= profile.MostMembers)
            {
                throw GroupSize.Full(profile.Group, profile.MostMembers);
            }

            var member = new MemoryMember(group, ++_lastMember, session.Time.GetUtcNow(), profile) { Session = session };
            MemberChange[] gone = predecessor is null ? []
                : [Remove(predecessor, MemberChangeKind.Superseded, "a new process with the same member id took its place", aftermath)];
            group.Add(member);
            session.Member = member;
            Publish(group, session.Time, aftermath, [.. gone, new MemberChange(MemberChangeKind.Joined, member.Show(), null)]);
        }

        Open(session, group);
        return group.Read();
    }

    /// <summary>Opens a new session for a member that is still in the group.</summary>
    /// <returns>The group, or null when it has gone on without the member, or when the member belongs to another history.</returns>
    public GroupSnapshot? Attach(ServerSession session, long memberNumber, ViewNumber seen, Aftermath aftermath)
    {
        var group = FindGroup(session.Profile);
        if (!session.Profile.Observe)
        {
            var member = group.Find(memberNumber);
            if (member is null || member.Id != session.Profile.MemberId || seen.Epoch != epoch)
            {
                return null;
            }

            Recover(member, session, aftermath);
        }

        Open(session, group);
        return group.Read();
    }

    /// <summary>Publishes what a member has changed about itself.</summary>
    public void Update(MemoryMember member, Func<MemoryMember, bool> change, Aftermath aftermath)
    {
        if (change(member))
        {
            Publish(member.Group, member.LastSession!.Time, aftermath, new MemberChange(MemberChangeKind.Updated, member.Show(), null));
        }
    }

    /// <summary>The member goes in order, and its session with it. Its owner asked for that and is not told.</summary>
    public void Leave(ServerSession session, Aftermath aftermath)
    {
        End(session, "it has left the group");
        if (session.Member is { } member)
        {
            Publish(member.Group, session.Time, aftermath, Remove(member, MemberChangeKind.Left, "left in order", aftermath));
        }
    }

    /// <summary>The connection broke: the keys are free at once, the member may come back within the grace.</summary>
    public void Break(ServerSession session, string why, Aftermath aftermath)
    {
        if (session.IsOver)
        {
            return;
        }

        End(session, why, aftermath);
        if (session.Member is { } member)
        {
            member.Session = null;
            Publish(member.Group, session.Time, aftermath, new MemberChange(MemberChangeKind.Suspected, member.Show(), $"its session broke: {why}; seen by the server"));
            aftermath.StartGrace(member, session);
        }
    }

    /// <summary>A session was silent for its lease: it is over, and its member dead.</summary>
    public void Expire(ServerSession session, Aftermath aftermath) =>
        Bury([session], $"silent for {session.Profile.LeaseTime.TotalSeconds:0.###} s", aftermath);

    /// <summary>Sessions are over and nobody is left who could bring them back: their members are dead at once, in one view for each group.</summary>
    public void Bury(IReadOnlyCollection<ServerSession> sessions, string why, Aftermath aftermath)
    {
        foreach (var session in sessions.Where(session => !session.IsOver))
        {
            End(session, why, aftermath);
        }

        foreach (var dead in sessions.Select(session => session.Member).OfType<MemoryMember>().GroupBy(member => member.Group))
        {
            Publish(dead.Key, dead.First().LastSession!.Time, aftermath, [.. dead.Select(member => Remove(member, MemberChangeKind.Died, $"{why}; judged by the server", aftermath))]);
        }
    }

    /// <summary>The grace that began when this session broke is over.</summary>
    public void EndGrace(MemoryMember member, ServerSession broken, Aftermath aftermath)
    {
        // It may have come back meanwhile, and even have broken again: then another grace is running.
        if (member.LastSession == broken && member.Session is null && member.Group.Find(member.Number) == member)
        {
            Publish(
                member.Group, broken.Time, aftermath, Remove(member, MemberChangeKind.Died, "its session broke and was not back within the grace; judged by the server", aftermath));
        }
    }

    private static void Publish(MemoryGroup group, TimeProvider time, Aftermath aftermath, params IReadOnlyList<MemberChange> changes)
    {
        group.Bump(time.GetUtcNow(), changes);
        aftermath.Hint(group.Sessions);
    }

    private void Recover(MemoryMember member, ServerSession session, Aftermath aftermath)
    {
        var wasSuspect = member.Session is null;
        if (member.Session is { } old)
        {
            End(old, "its owner attached again", aftermath); // The server had not noticed yet that the connection was broken.
        }

        member.Session = session;
        session.Member = member;
        var isChanged = member.Describe(session.Profile.Url, session.Profile.Metadata);
        if (wasSuspect || isChanged)
        {
            Publish(member.Group, session.Time, aftermath, wasSuspect
                ? new MemberChange(MemberChangeKind.Recovered, member.Show(), "it has connected again")
                : new MemberChange(MemberChangeKind.Updated, member.Show(), null));
        }
    }

    private void Open(ServerSession session, MemoryGroup group)
    {
        session.ProcessId = ++_lastProcess;
        session.Group = group;
        session.HeardAt = session.Time.GetTimestamp();
        group.Sessions.Add(session); // After the member's own view was published: its opening snapshot shows it already.
        _sessions.Add(session);
    }

    private MemberChange Remove(MemoryMember member, MemberChangeKind kind, string reason, Aftermath aftermath)
    {
        var asItWas = member.Show();
        member.Group.Remove(member);
        if (member.Session is { IsOver: false } session)
        {
            End(session, reason, aftermath);
        }

        return new MemberChange(kind, asItWas, reason);
    }

    private void End(ServerSession session, string why, Aftermath? aftermath = null)
    {
        var cause = new CoordinationUnavailableException($"The session with the memory backend is over: {why}. Its locks are gone with it.");
        session.SetOver(cause);
        session.Group?.Sessions.Remove(session);
        _sessions.Remove(session);
        locks.ReleaseAll(session);
        places.RemoveAll(session);
        places.Serve();

        // A silent owner cannot be reached: it has to notice by its own clock, as in a network that swallows everything.
        if (!session.IsSilent)
        {
            aftermath?.End(session, cause);
        }
    }

    private MemoryGroup FindGroup(MemberProfile profile)
    {
        if (!_groups.TryGetValue(profile.Group, out var group))
        {
            group = new MemoryGroup(epoch);
            _groups.Add(profile.Group, group);
        }

        return group;
    }
}
