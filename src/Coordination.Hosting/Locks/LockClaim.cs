using System.Threading.Tasks.Sources;
using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>One caller's claim on a lock: first its place in the queue and its promise, then its handle. One object for a whole acquire and release.</summary>
internal sealed class LockClaim : ILockHandle, IValueTaskSource<ILockHandle>
{
    private readonly LockTable _table;
    private readonly CancellationToken _cancellationToken;
    private ManualResetValueTaskSourceCore<ILockHandle> _promise = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private ITimer? _timer;
    private CancellationTokenSource? _lost;
    private TaskCompletionSource<ReleaseOutcome>? _release;
    private volatile bool _delivered;
    private volatile ClaimState _state = ClaimState.Waiting;
    private Exception? _refusal;
    private bool _armed;

    public LockClaim(LockTable table, LockName name, LockKey key, ClaimTerms terms, CancellationToken cancellationToken)
    {
        _table = table;
        _cancellationToken = cancellationToken;
        Name = name;
        Key = key;
        Terms = terms;
        AskedAt = table.Time.GetTimestamp();
    }

    /// <inheritdoc/>
    public LockName Name { get; }

    public LockKey Key { get; }

    public LockTable Table => _table;

    public ClaimTerms Terms { get; }

    public long AskedAt { get; }

    public LockEntry? Entry { get; set; }

    /// <summary>The claim that the same async flow made before this one.</summary>
    public LockClaim? Outer { get; set; }

    public LockClaim? Previous { get; set; }

    public LockClaim? Next { get; set; }

    public LockClaim? NextSettled { get; set; }

    public ClaimState State => _state;

    public bool IsCancelled => _cancellationToken.IsCancellationRequested;

    /// <inheritdoc/>
    public FencingToken Token { get; private set; }

    public long GrantedAt { get; private set; }

    /// <summary>Whether its flow has been given the handle and has not released it.</summary>
    public bool IsInHands => _delivered && _state is ClaimState.Held;

    /// <inheritdoc/>
    public bool IsHeld => _state is ClaimState.Held && _table.Lease.IsOpen;

    /// <inheritdoc/>
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
            return _state is ClaimState.Lost || (_state is ClaimState.Held && !_table.Lease.IsOpen)
                ? new CancellationToken(canceled: true)
                : Volatile.Read(ref _lost)?.Token ?? CancellationToken.None;
        }
    }

    public ValueTask<ILockHandle> Promise => new(this, _promise.Version);

    public ValueTask<ILockHandle?> TryPromise => new((IValueTaskSource<ILockHandle?>)this, _promise.Version);

    /// <summary>Starts the clock and the subscription; only claims that were not decided at once need them.</summary>
    public void Arm()
    {
        if (_cancellationToken.CanBeCanceled)
        {
            _cancellation = _cancellationToken.UnsafeRegister(static state => ((LockClaim)state!)._table.Withdraw((LockClaim)state, cancelled: true), this);
        }

        if (Terms.Patience is { } patience && patience > TimeSpan.Zero)
        {
            Interlocked.Exchange(ref _timer, _table.Time.CreateTimer(
                static state => ((LockClaim)state!)._table.Withdraw((LockClaim)state, cancelled: false), this, patience, Timeout.InfiniteTimeSpan));
        }

        Volatile.Write(ref _armed, true);
        Interlocked.MemoryBarrier();
        if (_state is not ClaimState.Waiting)
        {
            Disarm(); // decided while it was being armed: whoever decided it may have found nothing to disarm
        }
    }

    /// <summary>Under the gate: it is the holder now.</summary>
    public void Grant(long token, long now)
    {
        Token = new FencingToken(token);
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
        Disarm();
        if (_state is ClaimState.Refused)
        {
            TellRefused();
        }
        else
        {
            _table.LogAcquired(this);
            _promise.SetResult(this);
        }
    }

    /// <summary>Outside the gate: fires the token, if anybody ever asked for it. Runs the callbacks of users.</summary>
    public void FireLost()
    {
        Interlocked.MemoryBarrier(); // the other half of the pair in Lost
        Volatile.Read(ref _lost)?.Cancel();
    }

    /// <summary>Outside the gate: marks the token at once and leaves the callbacks to the thread pool.</summary>
    public void FireLostInPool()
    {
        Interlocked.MemoryBarrier();
        _ = Volatile.Read(ref _lost)?.CancelAsync();
    }

    /// <summary>Outside the gate: the release is done.</summary>
    public void TellReleased(ReleaseOutcome outcome) => ReleasePromise().TrySetResult(outcome);

    /// <inheritdoc/>
    public async ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return IsHeld && await _table.Lease.ConfirmAsync(cancellationToken).ConfigureAwait(false) && IsHeld;
    }

    /// <inheritdoc/>
    public ValueTask<ReleaseOutcome> ReleaseAsync(CancellationToken cancellationToken = default)
    {
        var done = ReleasePromise().Task;
        _table.Release(this);
        return new ValueTask<ReleaseOutcome>(cancellationToken.CanBeCanceled ? done.WaitAsync(cancellationToken) : done);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // Never faults: the promise is only ever given an outcome, at the latest when the lease ends.
        var done = ReleasePromise().Task;
        _table.Release(this);
        return new ValueTask(done);
    }

    ILockHandle IValueTaskSource<ILockHandle>.GetResult(short token)
    {
        var handle = _promise.GetResult(token);
        _delivered = true;
        return handle;
    }

    ValueTaskSourceStatus IValueTaskSource<ILockHandle>.GetStatus(short token) => _promise.GetStatus(token);

    void IValueTaskSource<ILockHandle>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _promise.OnCompleted(continuation, state, token, flags);

    private void TellRefused()
    {
        if (_refusal is not null)
        {
            _promise.SetException(_refusal);
        }
        else if (Terms.ThrowsWhenBusy)
        {
            _promise.SetException(new LockTimeoutException(Name, _table.Time.GetElapsedTime(AskedAt)));
        }
        else
        {
            _promise.SetResult(null!); // Try: null is the answer
        }
    }

    private void Disarm()
    {
        if (Volatile.Read(ref _armed))
        {
            _cancellation.Unregister();
            Interlocked.Exchange(ref _timer, null)?.Dispose();
        }
    }

    private TaskCompletionSource<ReleaseOutcome> ReleasePromise()
    {
        if (Volatile.Read(ref _release) is { } promise)
        {
            return promise;
        }

        var fresh = new TaskCompletionSource<ReleaseOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        return Interlocked.CompareExchange(ref _release, fresh, null) ?? fresh;
    }
}
