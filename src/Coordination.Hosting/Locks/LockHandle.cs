namespace Coordination.Locks;

/// <summary>What the holder of one lock has in its hands.</summary>
/// <remarks>
/// Nothing of ours refers to it: when the holder drops it without a dispose, the collector finds it, and its finalizer says so. The
/// lock stays held all the same: whatever the work under it was may still be going on, and nobody may come in for a collection's sake.
/// </remarks>
internal sealed class LockHandle(LockClaim claim) : ILockHandle
{
    ~LockHandle() => claim.Table.Dropped(claim);

    /// <inheritdoc/>
    public LockName Name => claim.Name;

    /// <inheritdoc/>
    public FencingToken Token => claim.Token;

    /// <inheritdoc/>
    public CancellationToken Lost => claim.Lost;

    /// <inheritdoc/>
    public bool IsHeld => claim.IsHeld;

    /// <inheritdoc cref="LockClaim.BelievedFor"/>
    public TimeSpan BelievedFor => claim.BelievedFor;

    /// <inheritdoc/>
    public async ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return IsHeld && await claim.Table.Lease.ConfirmAsync(claim.Home, cancellationToken).ConfigureAwait(false) && IsHeld;
    }

    /// <inheritdoc/>
    public ValueTask<ReleaseOutcome> ReleaseAsync(CancellationToken cancellationToken = default)
    {
        GC.SuppressFinalize(this);
        var done = claim.ReleaseAsync();
        return cancellationToken.CanBeCanceled && !done.IsCompleted
            ? new ValueTask<ReleaseOutcome>(done.AsTask().WaitAsync(cancellationToken))
            : done;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);

        // Never faults: the promise is only ever given an outcome, at the latest when the lease ends.
        return claim.DisposeAsync();
    }
}
