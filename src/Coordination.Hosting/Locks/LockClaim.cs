using System.Threading.Tasks.Sources;
using Coordination.Backends;
using Coordination.Diagnostics;
using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>
/// One caller's claim on a lock, from its place in the queue to its release: the promise of the answer, then what the handle stands
/// for. The table refers to it and the caller's <see cref="LockHandle"/> does, so that a handle that is dropped can be told from one in use.
/// </summary>
internal sealed class LockClaim : FlowNode, IValueTaskSource<ILockHandle>, IValueTaskSource<ReleaseOutcome>, IValueTaskSource
{
    private const int NoOutcome = -1;

    private readonly CancellationToken _cancellationToken;
    private ManualResetValueTaskSourceCore<bool> _promise = new() { RunContinuationsAsynchronously = true };
    private ManualResetValueTaskSourceCore<ReleaseOutcome> _release = new() { RunContinuationsAsynchronously = true };
    private ClaimPatience? _patience;
    private CancellationTokenSource? _lost;
    private TaskCompletionSource<ReleaseOutcome>? _others;
    private Exception? _refusal;
    private volatile ClaimState _state = ClaimState.Waiting;
    private volatile bool _delivered;
    private int _releaseTaken;
    private int _outcome = NoOutcome;

    public LockClaim(LockTable table, LockName name, LockKey key, ClaimTerms terms, CancellationToken cancellationToken)
    {
        Table = table;
        _cancellationToken = cancellationToken;
        Name = name;
        Key = key;
        Terms = terms;
        AskedAt = table.Time.GetTimestamp();
    }

    public LockTable Table { get; }

    public LockName Name { get; }

    public LockKey Key { get; }

    public ClaimTerms Terms { get; }

    public long AskedAt { get; }

    public KeyEntry? Entry { get; set; }

    public LockClaim? Previous { get; set; }

    public LockClaim? Next { get; set; }

    public LockClaim? NextSettled { get; set; }

    /// <summary>Its spans; null where nobody wants them.</summary>
    public LockTrace? Trace { get; set; }

    public ClaimState State => _state;

    public bool IsCancelled => _cancellationToken.IsCancellationRequested;

    public FencingToken Token { get; private set; }

    public long GrantedAt { get; private set; }

    /// <summary>The connection that the lock lives on; null while it is the session's.</summary>
    public HomeLease? Home { get; private set; }

    /// <summary>Whether its flow has been given the handle and has not released it.</summary>
    public bool IsInHands => _delivered && _state is ClaimState.Held;

    /// <summary>Compared with the lease's clock at every look.</summary>
    public bool IsHeld => _state is ClaimState.Held && IsBelieved;

    /// <inheritdoc/>
    public override bool IsOver => _state is not (ClaimState.Waiting or ClaimState.Held);

    /// <inheritdoc cref="ILockHandle.Lost"/>
    public CancellationToken Lost
    {
        get
        {
            // Most holders never ask, and pay nothing for it.
            if (Volatile.Read(ref _lost) is null && _state is ClaimState.Held)
            {
                Interlocked.CompareExchange(ref _lost, new CancellationTokenSource(), null);
            }

            // The state is read after the source is in place: either we see the loss here, or whoever declares it sees the source.
            Interlocked.MemoryBarrier();
            return _state is ClaimState.Lost || (_state is ClaimState.Held && !IsBelieved)
                ? new CancellationToken(canceled: true)
                : Volatile.Read(ref _lost)?.Token ?? CancellationToken.None;
        }
    }

    public ValueTask<ILockHandle> Promise => new(this, _promise.Version);

    public ValueTask<ILockHandle?> TryPromise => new((IValueTaskSource<ILockHandle?>)this, _promise.Version);

    /// <inheritdoc/>
    public override LockClaim? FindInHands(LockTable table, LockKey key) => IsInHands && Key == key && Table == table ? this : null;

    /// <inheritdoc/>
    public override IEnumerable<LockClaim> InHands() => IsInHands ? [this] : [];

    /// <summary>What its flow holds besides.</summary>
    public IEnumerable<LockClaim> HeldByFlow()
    {
        for (var node = Outer; node is not null; node = node.Outer)
        {
            foreach (var held in node.InHands())
            {
                if (held != this && held.Table == Table)
                {
                    yield return held;
                }
            }
        }
    }

    /// <summary>Starts the clock and the subscription; only claims that were not decided at once need them.</summary>
    /// <param name="limit">How long to wait for the decision; null for ever.</param>
    public void Arm(TimeSpan? limit)
    {
        if (_state is ClaimState.Waiting && (_cancellationToken.CanBeCanceled || limit > TimeSpan.Zero))
        {
            var patience = new ClaimPatience(this);
            Volatile.Write(ref _patience, patience);
            patience.Start(_cancellationToken, limit);
        }
    }

    /// <summary>Under the gate: it is the holder now.</summary>
    public void Grant(long token, HomeLease? home, long now)
    {
        Token = new FencingToken(token);
        Home = home;
        GrantedAt = now;
        _state = ClaimState.Held;
    }

    /// <summary>Under the gate: it will not be. Null: busy.</summary>
    public void Refuse(Exception? cause)
    {
        _refusal = cause;
        _state = ClaimState.Refused;
    }

    /// <summary>Under the gate: the refusal for a token that was cancelled.</summary>
    public void RefuseCancelled() => Refuse(new OperationCanceledException("The wait for a lock was cancelled.", _cancellationToken));

    /// <summary>Under the gate: its session is over.</summary>
    public void Lose() => _state = ClaimState.Lost;

    /// <summary>Under the gate: the caller gives it back.</summary>
    public void GiveBack() => _state = ClaimState.Released;

    /// <summary>Outside the gate: tells the caller what was decided.</summary>
    public void Tell()
    {
        Volatile.Read(ref _patience)?.Dispose();
        if (_state is not ClaimState.Refused)
        {
            Table.Journal.Acquired(this);
            _promise.SetResult(true);
            return;
        }

        Table.Journal.Refused(this, _refusal);
        if (_refusal is not null)
        {
            _promise.SetException(_refusal);
        }
        else if (Terms.ThrowsWhenBusy)
        {
            _ = TellTimeoutAsync(Table.Time.GetElapsedTime(AskedAt));
        }
        else
        {
            _promise.SetResult(false); // Try: null is the answer
        }
    }

    /// <summary>Outside the gate: fires the token, if anybody ever asked for it. Runs the callbacks of users.</summary>
    public void FireLost()
    {
        Interlocked.MemoryBarrier(); // the other half of the pair in Lost
        Volatile.Read(ref _lost)?.Cancel();
    }

    /// <summary>Whether the token of a lost lock has fired, if anybody ever asked for it.</summary>
    public bool HasFired => Volatile.Read(ref _lost) is not { IsCancellationRequested: false };

    /// <summary>Outside the gate: marks the token at once and leaves the callbacks to the thread pool.</summary>
    public void FireLostInPool()
    {
        Interlocked.MemoryBarrier();
        _ = Volatile.Read(ref _lost)?.CancelAsync();
    }

    /// <summary>Outside the gate: the release is done. The first word counts.</summary>
    public void TellReleased(ReleaseOutcome outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, (int)outcome, NoOutcome) == NoOutcome)
        {
            // The exchange is a full fence: either we see whoever asked after the first, or they see the outcome.
            _release.SetResult(outcome);
            Volatile.Read(ref _others)?.TrySetResult(outcome);
        }
    }

    /// <summary>Gives it back. Any number of times, from any thread; all get the first one's answer.</summary>
    public ValueTask<ReleaseOutcome> ReleaseAsync()
    {
        if (Interlocked.Exchange(ref _releaseTaken, 1) == 0)
        {
            Table.Release(this);
            return new ValueTask<ReleaseOutcome>(this, _release.Version);
        }

        return new ValueTask<ReleaseOutcome>(OthersAsync());
    }

    /// <summary>
    /// The same for whoever does not ask how it went. Where releases are posted it is done when the release stands in the session's
    /// line: whatever is asked here goes behind it, and a release that fails is a lost session, which is told.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _releaseTaken, 1) != 0)
        {
            return new ValueTask(OthersAsync());
        }

        Table.Release(this);
        return Table.PostsReleases && Home is null ? ValueTask.CompletedTask : new ValueTask(this, _release.Version);
    }

    ILockHandle IValueTaskSource<ILockHandle>.GetResult(short token)
    {
        if (!_promise.GetResult(token))
        {
            return null!; // only a Try gets this answer
        }

        _delivered = true;
        return new LockHandle(this);
    }

    ValueTaskSourceStatus IValueTaskSource<ILockHandle>.GetStatus(short token) => _promise.GetStatus(token);

    void IValueTaskSource<ILockHandle>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _promise.OnCompleted(continuation, state, token, flags);

    ReleaseOutcome IValueTaskSource<ReleaseOutcome>.GetResult(short token) => _release.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReleaseOutcome>.GetStatus(short token) => _release.GetStatus(token);

    void IValueTaskSource<ReleaseOutcome>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _release.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _release.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _release.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _release.OnCompleted(continuation, state, token, flags);

    // Who has it is asked when it is too late for this caller: it is worth a round trip, and no more than a moment.
    private async Task TellTimeoutAsync(TimeSpan waited) =>
        _promise.SetException(new LockTimeoutException(Name, waited, await Table.Inspector.FindHolderAsync(Key).ConfigureAwait(false)));

    /// <summary>How long it may still be believed when the server is not heard of again; zero when it is over.</summary>
    public TimeSpan BelievedFor => !IsHeld ? TimeSpan.Zero : Home is { } home && home.Remaining < Table.Lease.Clock.Remaining ? home.Remaining : Table.Lease.Clock.Remaining;

    private bool IsBelieved => Table.Lease.IsOpen && Home is not { IsOpen: false };

    private Task<ReleaseOutcome> OthersAsync()
    {
        var fresh = new TaskCompletionSource<ReleaseOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var others = Interlocked.CompareExchange(ref _others, fresh, null) ?? fresh;
        if (Volatile.Read(ref _outcome) is not NoOutcome and var outcome)
        {
            others.TrySetResult((ReleaseOutcome)outcome); // told before we asked, perhaps before our source was there
        }

        return others.Task;
    }
}
