namespace Coordination.Locks;

/// <summary>What ends the waiting of one claim from outside: its caller's token and its time. Only claims that are not decided at once have one.</summary>
internal sealed class ClaimPatience : IDisposable
{
    private readonly LockClaim _claim;
    private CancellationTokenRegistration _cancellation;
    private ITimer? _timer;
    private bool _isArmed;

    public ClaimPatience(LockClaim claim) => _claim = claim;

    public void Start(CancellationToken cancellationToken, TimeSpan? patience)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static state => ((ClaimPatience)state!).End(cancelled: true), this);
        }

        if (patience is { } time && time > TimeSpan.Zero)
        {
            Interlocked.Exchange(ref _timer, _claim.Table.Time.CreateTimer(
                static state => ((ClaimPatience)state!).End(cancelled: false), this, time, Timeout.InfiniteTimeSpan));
        }

        Volatile.Write(ref _isArmed, true);
        Interlocked.MemoryBarrier();
        if (_claim.State is not ClaimState.Waiting)
        {
            Dispose(); // decided while it was being started: whoever decided it may have found nothing to dispose
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Volatile.Read(ref _isArmed))
        {
            _cancellation.Unregister();
            Interlocked.Exchange(ref _timer, null)?.Dispose();
        }
    }

    private void End(bool cancelled) => _claim.Table.Withdraw(_claim, cancelled);
}
