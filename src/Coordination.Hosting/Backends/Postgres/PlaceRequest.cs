namespace Coordination.Backends.Postgres;

/// <summary>Any of the places of a lock with several holders.</summary>
internal sealed class PlaceRequest(LockKey key, Func<IReadOnlyList<LockKey>> places, CancellationToken cancellationToken) : WaitRequest(key, cancellationToken)
{
    // Goes on where it is answered: nobody awaits it but the lock table, and a hop to another thread would come between a release
    // in one process and the work in the next.
    private readonly TaskCompletionSource<PlaceGrant?> _answer = new();

    /// <summary>The places that may be had now: this process neither holds them nor is giving them back.</summary>
    public IReadOnlyList<LockKey> Places => places();

    public Task<PlaceGrant?> Answer => _answer.Task;

    public void Finish(PlaceGrant grant) => _answer.TrySetResult(grant);

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
