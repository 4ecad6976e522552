namespace Coordination.Locks;

/// <summary>Several held locks as one.</summary>
internal sealed class LockSetHandle(IReadOnlyList<ILockHandle> handles, Action released) : ILockHandle
{
    private CancellationTokenSource? _lost;

    /// <inheritdoc/>
    public LockName Name { get; } = NameOf(handles);

    /// <inheritdoc/>
    public FencingToken Token { get; } = handles.Max(handle => handle.Token);

    /// <inheritdoc/>
    public bool IsHeld => handles.All(handle => handle.IsHeld);

    /// <inheritdoc/>
    public CancellationToken Lost
    {
        get
        {
            if (Volatile.Read(ref _lost) is null)
            {
                var fresh = CancellationTokenSource.CreateLinkedTokenSource([.. handles.Select(handle => handle.Lost)]);
                if (Interlocked.CompareExchange(ref _lost, fresh, null) is not null)
                {
                    fresh.Dispose();
                }
            }

            return Volatile.Read(ref _lost)!.Token;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken = default)
    {
        // Each, because each may live on a connection of its own.
        var confirmed = await Task.WhenAll(handles.Select(handle => handle.ConfirmAsync(cancellationToken).AsTask())).ConfigureAwait(false);
        return confirmed.All(isHeld => isHeld) && IsHeld;
    }

    /// <inheritdoc/>
    public async ValueTask<ReleaseOutcome> ReleaseAsync(CancellationToken cancellationToken = default)
    {
        // All are on their way before the first answer is awaited.
        var releasing = handles.Select(handle => handle.ReleaseAsync(cancellationToken).AsTask()).ToArray();
        released(); // before the answers: whoever loses patience has given them back all the same
        var outcomes = await Task.WhenAll(releasing).ConfigureAwait(false);
        return outcomes.All(outcome => outcome is ReleaseOutcome.Released) ? ReleaseOutcome.Released : ReleaseOutcome.WasLost;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await ReleaseAsync(CancellationToken.None).ConfigureAwait(false);

    // For people; cut where a name would be cut.
    private static LockName NameOf(IReadOnlyList<ILockHandle> handles)
    {
        var joined = string.Join(", ", handles.Select(handle => handle.Name));
        while (StrictUtf8.Encoding.GetByteCount(joined) > LockName.MaxBytes)
        {
            var end = Math.Max(1, joined.Length - Math.Max(2, joined.Length / 8));
            joined = string.Concat(joined.AsSpan(0, char.IsHighSurrogate(joined[end - 1]) ? end - 1 : end), "…");
        }

        return joined;
    }
}
