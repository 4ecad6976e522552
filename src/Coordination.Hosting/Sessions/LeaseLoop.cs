using System.Threading.Channels;
using Coordination.Backends;
using Coordination.Diagnostics;

namespace Coordination.Sessions;

/// <summary>One stay in the group, from the first attempt to join to the farewell. A state is a method, a transition is its return value.</summary>
/// <remarks>
/// <code>
/// Joining ──joined──▶ Joined ──connection broken──▶ Suspect ──attached──▶ Joined
///    ▲                  │                              │
///    └──────Lost◀───────┴──the group went on without us┘
///                       └──stop requested──▶ Leaving ──▶ Left
/// </code>
/// The server decides who holds what. The local clock decides one thing only: when to stop believing the server's last
/// answer. A session that ends takes its locks with it, and their holders are told before anything else is asked of the
/// server; the membership goes on if the member is back within the grace.
/// </remarks>
internal sealed class LeaseLoop : ISessionEvents
{
    private readonly LeaseContext _context;
    private readonly Func<MemberProfile> _profile;
    private readonly Action<string> _leaseLost;
    private readonly LeaseWatchdog _watchdog;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private TaskCompletionSource _joined = NewPromise();
    private IBackendSession? _endedEarly;
    private volatile LiveLease? _lease;
    private volatile LiveLease? _evicted;
    private volatile string? _lastError;
    private volatile bool _behind;
    private volatile MembershipState _phase = MembershipState.Joining;
    private int _opened;

    public LeaseLoop(LeaseContext context, Func<MemberProfile> profile, Action<string> leaseLost)
    {
        _context = context;
        _profile = profile;
        _leaseLost = leaseLost;
        _watchdog = new LeaseWatchdog(context.Time, Expire);
    }

    public LiveLease? Lease => _lease;

    public string? LastError => _lastError;

    public int Reconnects => Math.Max(0, Volatile.Read(ref _opened) - 1);

    /// <summary>Set when the member takes no new work; it only shows.</summary>
    public bool IsDeparting { get; set; }

    /// <summary>Completes when this process is in the group; faults when a join needs somebody to change something (the loop tries on all the same).</summary>
    public Task Joined => Volatile.Read(ref _joined).Task;

    /// <summary>Compared with the clock at every look: a process that was frozen says Lost before anything of ours has run.</summary>
    public MembershipState State
    {
        get
        {
            var phase = _phase;
            if (phase is not (MembershipState.Joined or MembershipState.Observing or MembershipState.Suspect))
            {
                return phase;
            }

            return _lease is not { } lease || !lease.Clock.IsOpen ? MembershipState.Lost
                : lease.Ending is not null ? MembershipState.Suspect
                : IsDeparting ? MembershipState.Leaving
                : phase;
        }
    }

    /// <summary>The loop. It ends when <see cref="Stop"/> was called, and never faults.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await JoinAsync().ConfigureAwait(false) is { } lease)
            {
                if (await StayAsync(lease).ConfigureAwait(false) is Ending.Stopped)
                {
                    break;
                }

                Lose();
            }

            await SayFarewellAsync().ConfigureAwait(false);
        }
        finally
        {
            _watchdog.Dispose();
        }
    }

    /// <summary>Asks the loop to say farewell and end.</summary>
    public void Stop()
    {
        _stop.Cancel();
        Wake();
    }

    /// <summary>Gives up waiting for the server's answer to the farewell.</summary>
    public void Hurry() => _hurry.Cancel();

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
        else if (answer.View > _context.Views.Seen)
        {
            _behind = true;
            Wake();
        }
    }

    /// <inheritdoc/>
    void ISessionEvents.Ended(IBackendSession session, Exception cause)
    {
        LiveLease? lease;
        lock (_gate)
        {
            lease = _lease;
            if (lease?.Session != session)
            {
                // It ended before TakeOver has seen it: TakeOver finds the note.
                _endedEarly = session;
                return;
            }
        }

        End(lease, cause.Message);
    }

    private static TaskCompletionSource NewPromise() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Joining: a new incarnation. Returns a lease, or null when we stop.</summary>
    private Task<LiveLease?> JoinAsync() => ConnectAsync(async profile =>
        await _context.Backend.JoinAsync(profile, this, _stop.Token).ConfigureAwait(false));

    /// <summary>Joined, and Suspect in between: ends when we stop or the group has gone on without us.</summary>
    private async Task<Ending> StayAsync(LiveLease lease)
    {
        while (true)
        {
            var ending = await ServeAsync(lease).ConfigureAwait(false);
            if (ending is not Ending.Broken)
            {
                return ending;
            }

            _phase = MembershipState.Suspect;
            var gone = false;
            var number = lease.Session.MemberNumber;
            var next = await ConnectAsync(async profile =>
            {
                var session = await _context.Backend.AttachAsync(profile, number, _context.Views.Seen, this, _stop.Token).ConfigureAwait(false);
                gone = session is null;
                return session;
            }).ConfigureAwait(false);
            if (next is null)
            {
                return gone ? Ending.Gone : Ending.Stopped;
            }

            lease = next;
        }
    }

    /// <summary>Joined: follows the views until the lease is over.</summary>
    private async Task<Ending> ServeAsync(LiveLease lease)
    {
        while (!_stop.IsCancellationRequested)
        {
            if (lease.Ending is not null)
            {
                return _evicted == lease ? Ending.Gone : Ending.Broken;
            }

            if (_behind)
            {
                _behind = false;
                await CatchUpAsync(lease).ConfigureAwait(false);
                continue;
            }

            await _wake.Reader.ReadAsync().ConfigureAwait(false);
        }

        return Ending.Stopped;
    }

    /// <summary>Lost: everybody is told, then we join anew under a new number.</summary>
    private void Lose()
    {
        var lease = _lease!;
        _phase = MembershipState.Lost;
        Interlocked.Exchange(ref _joined, NewPromise()).TrySetResult();
        _context.Views.Out();
        Log.Evicted(_context.Logger, _profile().Group, _profile().MemberId, lease.Session.MemberNumber);
        _leaseLost("The group has gone on without this member.");
    }

    /// <summary>Leaving: locks first, so that every holder is told before the server can grant them to others; then the membership.</summary>
    private async Task SayFarewellAsync()
    {
        _phase = MembershipState.Leaving;
        FailJoiners(new CoordinationUnavailableException($"Group '{_profile().Group}' is not joined: this process leaves it."));
        if (_lease is { } lease && lease.TryEnd("This process left the group."))
        {
            _context.Locks.Closed(lease);
            try
            {
                await lease.Session.LeaveAsync().WaitAsync(_hurry.Token).ConfigureAwait(false);
                Log.Left(_context.Logger, _profile().MemberId, _profile().Group);
            }
            catch (Exception e) when (e is OperationCanceledException or CoordinationException)
            {
                Log.LeaveFailed(_context.Logger, _profile().Group, e is CoordinationException ? e.Message : "The time for it ran out.");
            }

            await lease.Session.DisposeAsync().ConfigureAwait(false);
        }

        _context.Views.Out();
        _phase = MembershipState.Left;
    }

    /// <summary>Tries until it has a session, or the attempt says that there is none to have, or we stop.</summary>
    private async Task<LiveLease?> ConnectAsync(Func<MemberProfile, Task<IBackendSession?>> attempt)
    {
        var backOff = new BackOff(BackOff.BoundFor(_profile().CrashGrace), Random.Shared.NextDouble);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var profile = _profile();
                return await attempt(profile).ConfigureAwait(false) is { } session ? await TakeOverAsync(session, profile).ConfigureAwait(false) : null;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return null;
            }
            catch (Exception e)
            {
                // Whatever it was, the loop goes on: a member that gives up trying is a member that nobody can repair.
                await ReportAndWaitAsync(e, backOff.Next()).ConfigureAwait(false);
            }
        }

        return null;
    }

    private async Task<LiveLease> TakeOverAsync(IBackendSession session, MemberProfile profile)
    {
        var lease = new LiveLease(session, new LeaseClock(_context.Time, profile.LeaseTime, session.OpenedAt));
        bool over;
        lock (_gate)
        {
            _lease = lease;
            over = _endedEarly == session;
            _endedEarly = null;
        }

        _watchdog.Watch(lease);
        await PublishAsync(lease, profile).ConfigureAwait(false);
        await CatchUpAsync(lease).ConfigureAwait(false);
        _context.Locks.Opened(lease);
        _lastError = null;
        _phase = profile.Observe ? MembershipState.Observing : MembershipState.Joined;
        if (Interlocked.Increment(ref _opened) == 1)
        {
            Log.SessionOpened(_context.Logger, session.ProcessId, _context.Backend.Description, profile.MemberId, session.MemberNumber, profile.Group);
        }
        else
        {
            Log.SessionResumed(_context.Logger, session.ProcessId, _context.Backend.Description, profile.MemberId, session.MemberNumber);
        }

        if (over)
        {
            End(lease, "The server ended the session right after it was opened.");
        }

        Volatile.Read(ref _joined).TrySetResult();
        return lease;
    }

    // The url of a host that starts in the background becomes known while the join is under way: whoever changed the profile
    // then found no lease to publish it on, and the join had the old one with it.
    private async Task PublishAsync(LiveLease lease, MemberProfile joined)
    {
        var now = _profile();
        if (now == joined || now.Observe)
        {
            return;
        }

        try
        {
            await lease.Session.UpdateAsync(now.Url, now.Metadata).ConfigureAwait(false);
        }
        catch (CoordinationException)
        {
            // The session is over, and the next one takes the newest profile with it.
        }
    }

    private async Task CatchUpAsync(LiveLease lease)
    {
        try
        {
            await _context.Views.CatchUpAsync(lease.Session).ConfigureAwait(false);
        }
        catch (CoordinationException e)
        {
            // Either the session is over, which is told by itself, or the next beat finds us behind again.
            Log.ViewsUnread(_context.Logger, _profile().Group, e.Message);
        }
    }

    private async Task ReportAndWaitAsync(Exception cause, TimeSpan delay)
    {
        _lastError = cause.Message;
        if (cause is CoordinationUnavailableException)
        {
            Log.ConnectFailed(_context.Logger, _context.Backend.Description, cause.Message, delay);
        }
        else
        {
            Log.ConnectRefused(_context.Logger, _context.Backend.Description, cause.Message, delay);
            FailJoiners(cause);
        }

        await Task.Delay(delay, _context.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void FailJoiners(Exception cause)
    {
        var promise = Interlocked.Exchange(ref _joined, NewPromise());
        promise.TrySetException(cause);
        _ = promise.Task.Exception; // seen: the log has it, and nobody may be waiting
    }

    private void Expire(LiveLease lease)
    {
        var silence = lease.Clock.Age;
        if (End(lease, $"No heartbeat was answered for {silence.TotalSeconds:0.0} s."))
        {
            Log.LeaseExpired(_context.Logger, _profile().Group, silence);
            _leaseLost("The lease ran out.");
        }
    }

    private bool End(LiveLease lease, string reason)
    {
        if (!lease.TryEnd(reason))
        {
            return false;
        }

        _context.Locks.Closed(lease);
        Log.SessionLost(_context.Logger, _profile().Group, reason);
        _ = lease.Session.DisposeAsync().AsTask();
        Wake();
        return true;
    }

    private void Wake() => _wake.Writer.TryWrite(true);
}
