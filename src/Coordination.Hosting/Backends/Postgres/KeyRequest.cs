namespace Coordination.Backends.Postgres;

/// <summary>A key that this process waits for.</summary>
internal sealed class KeyRequest(LockKey key, LockMode mode, CancellationToken cancellationToken) : WaitRequest(key, cancellationToken)
{
    // Goes on where it is answered: nobody awaits it but the lock table, and a hop to another thread would come between a release
    // in one process and the work in the next.
    private readonly TaskCompletionSource<LockGrant?> _answer = new();

    public LockMode Mode { get; } = mode;

    public Task<LockGrant?> Answer => _answer.Task;

    public void Finish(LockGrant grant) => _answer.TrySetResult(grant);

    /// <inheritdoc/>
    public override bool IsAnswered => _answer.Task.IsCompleted;

    /// <inheritdoc/>
    public override void FinishWithNothing() => _answer.TrySetResult(null);

    /// <inheritdoc/>
    public override void Fail(CoordinationException cause)
    {
        _answer.TrySetException(cause);
        _ = _answer.Task.Exception; // seen: its caller may have been told of the loss already
    }
}
