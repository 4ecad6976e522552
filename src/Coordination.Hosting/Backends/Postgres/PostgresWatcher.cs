using Coordination.Diagnostics;

namespace Coordination.Backends.Postgres;

/// <summary>
/// The second connection of a process, and the one thread that uses it: sees within milliseconds that the next member in the ring is
/// gone, asks for a verdict, and hears of every new view within a slice.
/// </summary>
/// <remarks>
/// It holds the member's second key: while that is held, the process lives, even when its session is broken. It outlives the sessions
/// of its member, connects again by itself, and ends when the member is not living any more. Nothing that it does is needed for the
/// group to be right: without it the beats find everything out, only later.
/// It does not listen: a notification is read when a slice ends, and then the view's number is read anyway, which no full queue can lose.
/// </remarks>
internal sealed class PostgresWatcher
{
    private readonly PostgresPlace _place;
    private readonly MemberProfile _profile;
    private readonly ISessionEvents _events;
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _over = new();
    private volatile PostgresSession _session;
    private bool _hasEnded;

    private PostgresWatcher(PostgresPlace place, MemberProfile profile, ISessionEvents events, PostgresSession session)
    {
        _place = place;
        _profile = profile;
        _events = events;
        _session = session;
    }

    /// <summary>Watches on behalf of a session, on a thread of its own.</summary>
    public static PostgresWatcher Start(PostgresPlace place, MemberProfile profile, ISessionEvents events, PostgresSession session)
    {
        var watcher = new PostgresWatcher(place, profile, events, session);
        new Thread(watcher.Run) { IsBackground = true, Name = $"coordination watcher {profile.Group}" }.UnsafeStart();
        return watcher;
    }

    /// <summary>Goes on for another session of the same member.</summary>
    /// <returns>False when it has ended, or belongs to somebody else: then another is to be started.</returns>
    public bool TryFollow(PostgresSession session)
    {
        lock (_gate)
        {
            if (_hasEnded || _session.Witness.Member != session.Witness.Member)
            {
                return false;
            }

            _session = session;
            return true;
        }
    }

    /// <summary>Ends when the slice under way does.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _hasEnded = true;
        }

        _over.Set();
    }

    private void Run()
    {
        var backOff = NewBackOff();
        var isBroken = false;
        while (!_over.IsSet)
        {
            try
            {
                using var link = new WatcherLink(_place, _profile);
                if (isBroken)
                {
                    Log.WatcherResumed(_place.Logger, _profile.Group);
                }

                (backOff, isBroken) = (NewBackOff(), false);
                Watch(link);
            }
            catch (Exception e)
            {
                if (!_over.IsSet && !isBroken)
                {
                    // Once for each outage: the session tells how long it lasts.
                    Log.WatcherLost(_place.Logger, _profile.Group, PostgresErrors.Translate(e, _place.Settings).Message);
                }

                // The watcher waits in a read and hears of an end at once, the session with its next beat: where one was ended, both often were.
                _ = _session.BeatAsync();
                isBroken = true;
                _over.Wait(backOff.Next());
                EndIfUnneeded(_session);
            }
        }
    }

    private BackOff NewBackOff() => new(BackOff.BoundFor(_profile.CrashGrace), Random.Shared.NextDouble);

    private void Watch(WatcherLink link)
    {
        PostgresSession? keyed = null;
        var members = 1;
        while (!_over.IsSet)
        {
            var session = _session;
            if (session.Server != link.Server)
            {
                // After a failover the old primary may go on answering us; its keys and views are nobody's any more.
                throw new CoordinationUnavailableException("The session is on another server than the watcher.");
            }

            // Asked again for every session: what the table says of our key ended with the session before.
            if (keyed != session && session.Witness.Member != 0 && link.TryTakeKey(session.Witness.Member))
            {
                keyed = session;
            }

            var answer = link.Watch(session.Witness, WatchSlice.Of(members, link.LongestSlice));
            members = answer.Members;
            _events.ViewSeen(answer.View);
            if (!answer.IsMember)
            {
                End(session);
                continue;
            }

            EndIfUnneeded(session);
            if (answer.IsSessionGone)
            {
                _ = session.BeatAsync(); // finds out now, and not with the next beat, that it is over
            }

            // Who has given its session up is as stale as that: it must not bury anybody who may be coming back from the same trouble.
            if ((answer.IsGone || answer.HasLost) && !session.IsOver)
            {
                Accuse(link, session.Witness, answer);
            }
        }
    }

    private void Accuse(WatcherLink link, WitnessId witness, WatchAnswer answer)
    {
        var seenAt = _place.Time.GetTimestamp();
        if (answer.IsGone)
        {
            link.Settle(witness);
        }

        var (noted, view) = link.Judge(witness);
        _events.ViewSeen(view);
        if (answer.IsGone && noted > 0)
        {
            _place.Telemetry.MemberJudged(_place.Time.GetElapsedTime(seenAt));
        }

        if (answer.IsGone && noted == 0)
        {
            // We are no witness now (our own session is gone too), or the group is being changed, or the neighbour is back. Without a
            // pause the next slice would find the same key free at once, and so on as fast as the server can answer.
            _over.Wait(WatchSlice.Of(answer.Members, link.LongestSlice));
        }
    }

    /// <summary>An observer has no row that tells when it is not needed any more; its session does.</summary>
    private void EndIfUnneeded(PostgresSession session)
    {
        if (session.Witness.Member == 0 && session.IsOver)
        {
            End(session);
        }
    }

    /// <summary>Ends, unless there is another session meanwhile.</summary>
    private void End(PostgresSession session)
    {
        lock (_gate)
        {
            if (_session != session)
            {
                return;
            }

            _hasEnded = true;
        }

        _over.Set();
    }
}
