namespace Coordination.Backends.Memory;

/// <summary>A session that waits for any place of a lock with several holders.</summary>
internal sealed class MemoryPlaceWaiter(ServerSession owner, LockKey key, Func<IReadOnlyList<LockKey>> places)
{
    private readonly TaskCompletionSource<PlaceGrant?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ServerSession Owner { get; } = owner;

    public LockKey Key { get; } = key;

    public IReadOnlyList<LockKey> Places => places();

    /// <summary>The grant, or null when it was withdrawn before.</summary>
    public Task<PlaceGrant?> Answer => _answer.Task;

    public void Grant(PlaceGrant grant) => _answer.TrySetResult(grant);

    public void Withdraw() => _answer.TrySetResult(null);
}
