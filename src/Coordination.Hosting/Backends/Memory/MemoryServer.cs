namespace Coordination.Backends.Memory;

/// <summary>What a database server is to the processes: the one place that decides who is in a group and who holds a key.</summary>
/// <remarks>
/// One gate around everything, so every request is one atomic step. Nobody is called under it: what a step leaves to be told
/// stands in its <see cref="Aftermath"/>. Keys belong to the server, members to a group: services in different groups exclude
/// each other if their keys are equal.
/// </remarks>
internal sealed class MemoryServer
{
    private readonly Lock _gate = new();
    private readonly MemoryLocks _locks;
    private readonly MemoryPlaces _places;
    private readonly MemoryRoster _roster;
    private readonly MemoryBoard _board;
    private long _lastGrant;

    public MemoryServer(string name, long epoch)
    {
        Name = name;
        _locks = new MemoryLocks(() => Fence.TokenOf(epoch, ++_lastGrant * Fence.Step));
        _places = new MemoryPlaces(_locks);
        _roster = new MemoryRoster(epoch, _locks, _places);
        _board = new MemoryBoard(_locks, _roster);
    }

    public string Name { get; }

    /// <inheritdoc cref="MemoryRoster.Join"/>
    public GroupSnapshot Join(ServerSession session) => Change(here: false, aftermath => _roster.Join(session, aftermath));

    /// <inheritdoc cref="MemoryRoster.Attach"/>
    public GroupSnapshot? Attach(ServerSession session, long memberNumber, ViewNumber seen) =>
        Change(here: false, aftermath => _roster.Attach(session, memberNumber, seen, aftermath));

    /// <summary>A beat came in.</summary>
    /// <returns>The answer, or null when none will ever arrive: the session is over or silenced.</returns>
    public BeatAnswer? Beat(ServerSession session)
    {
        lock (_gate)
        {
            if (!session.IsHeard)
            {
                return null;
            }

            session.HeardAt = session.Time.GetTimestamp();
            return new BeatAnswer(session.Group!.View, Standing.Good); // Whoever stands worse has no session any more.
        }
    }

    /// <summary>Runs a lock command. Answers are queued in the order of the grants and given on the thread pool.</summary>
    public void Run(ServerSession session, LockCommand command)
    {
        lock (_gate)
        {
            if (session.IsHeard)
            {
                session.Callbacks.Answer(command, Execute(session, command));
            }
        }
    }

    /// <returns>A waiter in the queue of its key (or served already), or null when nobody will ever answer.</returns>
    public MemoryWaiter? Wait(ServerSession session, LockKey key, LockMode mode)
    {
        lock (_gate)
        {
            if (!session.IsHeard)
            {
                return null;
            }

            var waiter = new MemoryWaiter(session, key, mode);
            _locks.Enqueue(waiter);
            return waiter;
        }
    }

    /// <summary>Gives up waiting. A grant that came first stands: then the waiter's answer is its token, and the key is held.</summary>
    public void Withdraw(MemoryWaiter waiter)
    {
        lock (_gate)
        {
            if (_locks.Remove(waiter))
            {
                waiter.Withdraw();
            }
        }
    }

    /// <returns>Whether anybody answered.</returns>
    public bool TryRead<T>(ServerSession session, Func<MemoryGroup, T> read, out T? answer)
    {
        lock (_gate)
        {
            answer = session.IsHeard ? read(session.Group!) : default;
            return session.IsHeard;
        }
    }

    /// <summary>Asks for something in one step.</summary>
    /// <returns>Whether anybody answered.</returns>
    public bool TryAsk<T>(ServerSession session, Func<MemoryPlaces, MemoryBoard, T> ask, out T? answer)
    {
        lock (_gate)
        {
            answer = session.IsHeard ? ask(_places, _board) : default;
            return session.IsHeard;
        }
    }

    /// <inheritdoc cref="MemoryLocks.Extend"/>
    /// <returns>Whether anybody answered.</returns>
    public bool TryExtend(ServerSession session, LockKey key, out long? token)
    {
        lock (_gate)
        {
            token = session.IsHeard ? _locks.Extend(key) : null;
            return session.IsHeard;
        }
    }

    /// <summary>Everything about a group in one step; null when there is none of that name.</summary>
    /// <param name="group">Its name.</param>
    /// <param name="now">The time of whoever asks.</param>
    public GroupFacts? Survey(string group, DateTimeOffset now)
    {
        lock (_gate)
        {
            return _roster.Find(group) is { } found ? _board.Survey(group, found, now) : null;
        }
    }

    /// <summary>Gives up waiting for a place. A grant that came first stands.</summary>
    public void Withdraw(MemoryPlaceWaiter waiter)
    {
        lock (_gate)
        {
            if (_places.Remove(waiter))
            {
                waiter.Withdraw();
                _places.Serve();
            }
        }
    }

    /// <summary>Changes what a member shows, as one view.</summary>
    /// <param name="session">The member's session; an observer's changes nothing.</param>
    /// <param name="change">Makes the change; false when there is nothing to publish.</param>
    /// <returns>Whether anybody answered.</returns>
    public bool Update(ServerSession session, Func<MemoryMember, bool> change) => Change(here: false, aftermath =>
    {
        if (session is { IsHeard: true, Member: { } member })
        {
            _roster.Update(member, change, aftermath);
        }

        return session.IsHeard;
    });

    /// <inheritdoc cref="MemoryRoster.Leave"/>
    /// <returns>Whether anybody answered.</returns>
    public bool Leave(ServerSession session) => Change(here: false, aftermath =>
    {
        if (!session.IsHeard)
        {
            return false;
        }

        _roster.Leave(session, aftermath);
        return true;
    });

    /// <summary>The session's owner drops it without a farewell, and hears no more of it.</summary>
    public void Drop(ServerSession session)
    {
        session.Callbacks.Close();
        Break(here: false, other => other == session, "its owner dropped it");
    }

    /// <summary>Ends every session that a backend has opened, as a crash of its process would: its members are dead at once.</summary>
    public void EndAll(object origin) => Change(here: false, aftermath =>
    {
        _roster.Bury([.. _roster.Sessions.Where(session => session.Origin == origin)], "its process closed the backend", aftermath);
        return true;
    });

    /// <summary>Looks whether a session has been silent for its lease; called by its timer.</summary>
    /// <returns>How long it may still be silent, or null when it is over.</returns>
    public TimeSpan? Inspect(ServerSession session) => Change(here: true, aftermath =>
    {
        if (session.IsOver)
        {
            return (TimeSpan?)null;
        }

        if (session.LeaseRemaining is { } remaining && remaining > TimeSpan.Zero)
        {
            return remaining;
        }

        _roster.Expire(session, aftermath);
        return null;
    });

    /// <summary>For tests: from now on nothing that the members of this id send arrives, and nothing reaches them.</summary>
    /// <returns>Whether there is one.</returns>
    internal bool Silence(string memberId)
    {
        lock (_gate)
        {
            var found = _roster.Sessions.Where(session => session.Profile.MemberId == memberId).ToArray();
            Array.ForEach(found, session => session.IsSilent = true);
            return found.Length > 0;
        }
    }

    /// <summary>For tests: ends the sessions of this member id on the server, as an operator or a broken network would.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Kill(string memberId) => Break(here: false, session => session.Profile.MemberId == memberId, "it was terminated on the server");

    /// <summary>For tests: ends the process of this member id as kill -9 would. It is dead at once; its owner, which still runs, is not told.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Bury(string memberId) => Change(here: false, aftermath =>
    {
        var found = _roster.Sessions.Where(session => session.Profile.MemberId == memberId).ToArray();
        Array.ForEach(found, session => session.IsSilent = true);
        _roster.Bury(found, "its process was killed", aftermath);
        return found.Length > 0;
    });

    private long? Execute(ServerSession session, LockCommand command)
    {
        if (!command.IsRelease)
        {
            return _locks.Try(session, command.Key, command.Mode);
        }

        var released = _locks.Release(session, command.Key) ? 1 : 0;
        _places.Serve();
        return released;
    }

    private bool Break(bool here, Func<ServerSession, bool> which, string why) => Change(here, aftermath =>
    {
        var found = _roster.Sessions.Where(which).ToArray();
        Array.ForEach(found, session => _roster.Break(session, why, aftermath));
        return found.Length > 0;
    });

    /// <summary>One atomic step, and then what it left to be told.</summary>
    private T Change<T>(bool here, Func<Aftermath, T> step)
    {
        var aftermath = new Aftermath();
        T result;
        lock (_gate)
        {
            result = step(aftermath);
        }

        foreach (var (member, broken) in aftermath.Bereaved)
        {
            StartGrace(member, broken);
        }

        aftermath.Tell(here);
        return result;
    }

    private void StartGrace(MemoryMember member, ServerSession broken)
    {
        var grace = broken.GraceRemaining;
        if (grace <= TimeSpan.Zero)
        {
            EndGrace(member, broken);
            return;
        }

        member.Grace = DetachedTimer.Create(broken.Time, () => EndGrace(member, broken), grace);
    }

    private void EndGrace(MemoryMember member, ServerSession broken) => Change(here: true, aftermath =>
    {
        _roster.EndGrace(member, broken, aftermath);
        return true;
    });
}
