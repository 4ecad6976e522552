using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Coordination.Backends;
using Coordination.Diagnostics;

namespace Coordination.Sessions;

/// <summary>Holds the lease in use, hears what its session says, and ends it: by the watchdog's clock, by the group's word, or with the connection.</summary>
/// <remarks>Whoever notices an end first carries it out on the spot: holders are told before the loop that follows it even wakes up.</remarks>
internal sealed class LeaseGuard : ISessionEvents, IDisposable
{
    private readonly LeaseContext _context;
    private readonly string _group;
    private readonly Func<bool> _isIn;
    private readonly Action<string> _leaseLost;
    private readonly LeaseWatchdog _watchdog;
    private readonly Lock _gate = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConditionalWeakTable<IBackendSession, object> _endedEarly = [];
    private volatile LiveLease? _lease;
    private volatile LiveLease? _evicted;
    private int _behind;

    /// <param name="context">The parts around the lease.</param>
    /// <param name="group">The group's name, for the log.</param>
    /// <param name="isIn">Whether we count as being in the group, so that a lease that runs out is a loss.</param>
    /// <param name="leaseLost">Whom to tell that the lease itself is lost, and not only a connection.</param>
    public LeaseGuard(LeaseContext context, string group, Func<bool> isIn, Action<string> leaseLost)
    {
        _context = context;
        _group = group;
        _isIn = isIn;
        _leaseLost = leaseLost;
        _watchdog = new LeaseWatchdog(context.Time, Expire, ExpireHome);
    }

    /// <summary>The newest lease, open or not.</summary>
    public LiveLease? Lease => _lease;

    /// <summary>Whether the group has gone on without the member of this lease.</summary>
    public bool IsEvicted(LiveLease lease) => _evicted == lease;

    /// <summary>Puts a session in use. A session that has ended by now gives a lease that has ended.</summary>
    public LiveLease TakeOver(IBackendSession session, TimeSpan leaseTime)
    {
        var lease = new LiveLease(session, new LeaseClock(_context.Time, leaseTime, session.OpenedAt), _watchdog.Watch);
        bool over;
        lock (_gate)
        {
            _lease = lease;
            over = _endedEarly.TryGetValue(session, out _);
        }

        _watchdog.Watch(lease);
        if (over)
        {
            End(lease, "The server ended the session right after it was opened.");
        }

        return lease;
    }

    /// <summary>Ends a lease that nobody is going to use.</summary>
    public void GiveUp(LiveLease lease, string reason) => End(lease, reason);

    /// <summary>Whether there are views to read; asked once for each time.</summary>
    public bool TakeBehind() => Interlocked.Exchange(ref _behind, 0) != 0; // in one step: a word that comes in between must not be lost

    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Waits until something has happened since the last call.</summary>
    public async Task WaitAsync() => await _wake.Reader.ReadAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public void Beaten(IBackendSession session, Moment sentAt, BeatAnswer answer)
    {
        if (_lease is not { } lease || lease.Session != session)
        {
            return; // before we have taken the session over, or after we gave it up: the next beat says it again
        }

        if (answer.Standing is Standing.Gone)
        {
            _evicted = lease;
            End(lease, "The group declared this member dead or superseded it.");
        }
        else if (answer.Standing is Standing.Standby)
        {
            End(lease, "The server has become a standby, whose locks prove nothing.");
        }
        else if (!lease.Clock.TryRenew(sentAt))
        {
            Expire(lease);
        }
        else
        {
            _context.Telemetry.HeartbeatAnswered(sentAt.Elapsed(_context.Time));
            ViewSeen(answer.View);
        }
    }

    /// <inheritdoc/>
    public void ViewSeen(ViewNumber view)
    {
        // Without a lease nothing can be read; whoever takes the next one over catches up by itself.
        if (_lease is { Ending: null } && view > _context.Views.Seen)
        {
            Volatile.Write(ref _behind, 1);
            Wake();
        }
    }

    /// <inheritdoc/>
    public void Ended(IBackendSession session, Exception cause)
    {
        LiveLease? lease;
        lock (_gate)
        {
            lease = _lease;
            if (lease?.Session != session)
            {
                // It ended before TakeOver has seen it: TakeOver finds the note. Or it is one that was given up long ago and whose read has
                // only now come back: that must not cover the note of another.
                _endedEarly.AddOrUpdate(session, session);
                return;
            }
        }

        End(lease, cause.Message);
    }

    /// <inheritdoc/>
    public void HomeEnded(IBackendSession session, ILockHome home, Exception cause)
    {
        // When the lease of the session is over, or there is no belief in this connection any more, its lock is lost or given back.
        if (_lease is { Ending: null } lease && lease.Session == session && lease.Find(home) is { } found)
        {
            EndHome(lease, found, cause.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watchdog.Dispose();

    private void Expire(LiveLease lease)
    {
        var silence = lease.Clock.Age;
        End(lease, $"No heartbeat was answered for {silence.TotalSeconds:0.0} s.");

        // Also when the connection had broken long before and nobody got through since: then nothing has told yet that the
        // lease itself is over. Not when the group has gone on without us or we leave: that is told, or nobody's concern.
        if (_lease == lease && _isIn() && lease.TryRunOut())
        {
            Log.LeaseExpired(_context.Logger, _group, silence);
            try
            {
                _leaseLost("The lease ran out.");
            }
            catch (Exception e)
            {
                // This may be the watchdog's thread: it must live on, or no later lease would end at its deadline, and an exception
                // that leaves a thread ends the process. Whoever listens fails for itself only, as in the loop.
                Log.OutUntold(_context.Logger, _group, e);
            }
        }
    }

    private void ExpireHome(LiveLease lease, HomeLease home) =>
        EndHome(lease, home, $"The connection that keeps the lock was not answered for {home.Home.HeardAt.Elapsed(_context.Time).TotalSeconds:0.0} s.");

    private void EndHome(LiveLease lease, HomeLease home, string reason)
    {
        if (home.TryEnd())
        {
            _context.Locks.HomeClosed(lease, home, reason);
            lease.Close(home);
            home.Home.Abandon(); // after the holders were told: this is what lets others in
        }
    }

    private void End(LiveLease lease, string reason)
    {
        if (lease.TryEnd(reason))
        {
            _context.Locks.Closed(lease);
            _context.Telemetry.SessionLost();
            Log.SessionLost(_context.Logger, _group, reason);
            _ = lease.Session.DisposeAsync().AsTask();
            Wake();
        }
    }
}
