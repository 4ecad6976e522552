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
internal sealed class LeaseLoop
{
    private readonly LeaseContext _context;
    private readonly Func<MemberProfile> _profile;
    private readonly Action<string> _leaseLost;
    private readonly LeaseGuard _guard;
    private readonly LeaseSettling _settling;
    private readonly JoinPromise _joined = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _hurry = new();
    private volatile string? _lastError;
    private volatile MembershipState _phase = MembershipState.Joining;
    private int _opened;

    public LeaseLoop(LeaseContext context, Func<MemberProfile> profile, Action<string> leaseLost)
    {
        _context = context;
        _profile = profile;
        _leaseLost = leaseLost;
        _guard = new LeaseGuard(context, profile().Group, () => IsIn(_phase) && !_stop.IsCancellationRequested, leaseLost);
        _settling = new LeaseSettling(context, profile);
    }

    public LiveLease? Lease => _guard.Lease;

    public string? LastError => _lastError;

    public int Reconnects => Math.Max(0, Volatile.Read(ref _opened) - 1);

    /// <summary>Set when the member takes no new work; it only shows.</summary>
    public bool IsDeparting { get; set; }

    /// <summary>Completes when this process is in the group; faults when a join needs somebody to change something (the loop tries on all the same).</summary>
    public Task Joined => _joined.Task;

    /// <summary>Compared with the clock at every look: a process that was frozen says Lost before anything of ours has run.</summary>
    public MembershipState State
    {
        get
        {
            var phase = _phase;
            if (!IsIn(phase))
            {
                return phase;
            }

            return Lease is not { } lease || !lease.Clock.IsOpen ? MembershipState.Lost
                : lease.Ending is not null ? MembershipState.Suspect
                : IsDeparting ? MembershipState.Leaving
                : phase;
        }
    }

    private static bool IsIn(MembershipState phase) => phase is MembershipState.Joined or MembershipState.Observing or MembershipState.Suspect;

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
            _guard.Dispose();
        }
    }

    /// <summary>Asks the loop to say farewell and end.</summary>
    public void Stop()
    {
        _stop.Cancel();
        _guard.Wake();
    }

    /// <summary>For whoever has asked for a stop and has no more time: gives up waiting for the server's answers, to the farewell and to whatever was asked before it.</summary>
    public void Hurry() => _hurry.Cancel();

    /// <summary>Joining: a new incarnation. Returns a lease, or null when we stop.</summary>
    private Task<LiveLease?> JoinAsync()
    {
        // Whoever was superseded must not supersede in its turn when it comes back: two processes with one id would replace each
        // other for ever. The newer one keeps the name; the older one says so until the name is free.
        var isComingBack = Volatile.Read(ref _opened) > 0;
        return ConnectAsync("join", async profile => await _context.Backend.JoinAsync(
            isComingBack ? profile with { OnNameConflict = OnNameConflict.Fail } : profile, _context.Views.Seen, _guard, _stop.Token).ConfigureAwait(false));
    }

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
            var next = await ConnectAsync("reconnect", async profile =>
            {
                var session = await _context.Backend.AttachAsync(profile, number, _context.Views.Seen, _guard, _stop.Token).ConfigureAwait(false);
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
                return _guard.IsEvicted(lease) ? Ending.Gone : Ending.Broken;
            }

            if (_guard.TakeBehind())
            {
                await _settling.CatchUpAsync(lease, _hurry.Token).ConfigureAwait(false);
                continue;
            }

            await _guard.WaitAsync().ConfigureAwait(false);
        }

        return Ending.Stopped;
    }

    /// <summary>Lost: everybody is told, then we join anew under a new number.</summary>
    private void Lose()
    {
        var lease = Lease!;
        _phase = MembershipState.Lost;
        _joined.Renew();
        Tell(_context.Views.Out);
        Log.Evicted(_context.Logger, _profile().Group, _profile().MemberId, lease.Session.MemberNumber);
        Tell(() => _leaseLost("The group has gone on without this member."));
    }

    /// <summary>Whoever listens to us fails for itself only: the others are told all the same, and the loop goes on, or nobody would ever join anew.</summary>
    private void Tell(Action listener)
    {
        try
        {
            listener();
        }
        catch (Exception e)
        {
            Log.OutUntold(_context.Logger, _profile().Group, e);
        }
    }

    /// <summary>Leaving: locks first, so that every holder is told before the server can grant them to others; then the membership.</summary>
    private async Task SayFarewellAsync()
    {
        using var span = _context.Telemetry.StartSpan("leave");
        _phase = MembershipState.Leaving;
        _joined.BreakForGood(new CoordinationUnavailableException($"Group '{_profile().Group}' is not joined: this process leaves it."));
        if (Lease is { } lease && lease.TryEnd("This process left the group."))
        {
            _context.Locks.Closed(lease);
            try
            {
                await lease.Session.LeaveAsync().WaitAsync(_hurry.Token).ConfigureAwait(false);
                Log.Left(_context.Logger, _profile().MemberId, _profile().Group);
            }
            catch (Exception e)
            {
                Log.LeaveFailed(_context.Logger, _profile().Group, e is OperationCanceledException ? "The time for it ran out." : e.Message);
            }

            await lease.Session.DisposeAsync().ConfigureAwait(false);
        }

        Tell(_context.Views.Out);
        _phase = MembershipState.Left;
    }

    /// <summary>Tries until it has a session, or the attempt says that there is none to have, or we stop.</summary>
    private async Task<LiveLease?> ConnectAsync(string what, Func<MemberProfile, Task<IBackendSession?>> attempt)
    {
        using var span = _context.Telemetry.StartSpan(what);
        var backOff = new BackOff(BackOff.BoundFor(_profile().CrashGrace), Random.Shared.NextDouble);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var profile = _profile();
                return await SessionAttempt.EndAsync(attempt(profile), _hurry.Token).ConfigureAwait(false) is { } session ? await TakeOverAsync(session, profile).ConfigureAwait(false) : null;
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
        var lease = _guard.TakeOver(session, profile.LeaseTime);
        try
        {
            await _settling.SettleAsync(lease, profile, _hurry.Token).ConfigureAwait(false);
            _context.Locks.Opened(lease);
            Enter(session, profile);
            return lease;
        }
        catch (Exception e)
        {
            // The next attempt opens another session: this one would beat on with nobody behind it, and keep our member in the group.
            _guard.GiveUp(lease, e.Message);
            throw;
        }
    }

    private void Enter(IBackendSession session, MemberProfile profile)
    {
        _lastError = null;
        _phase = profile.Observe ? MembershipState.Observing : MembershipState.Joined;
        if (Interlocked.Increment(ref _opened) == 1)
        {
            Log.SessionOpened(_context.Logger, session.ProcessId, _context.Backend.Description, profile.MemberId, session.MemberNumber, profile.Group);
        }
        else
        {
            _context.Telemetry.SessionResumed();
            Log.SessionResumed(_context.Logger, session.ProcessId, _context.Backend.Description, profile.MemberId, session.MemberNumber);
        }

        _joined.Keep();
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
            _joined.Break(cause);
        }

        await Task.Delay(delay, _context.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
