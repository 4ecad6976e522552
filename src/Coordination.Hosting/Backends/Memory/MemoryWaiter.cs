namespace Coordination.Backends.Memory;

/// <summary>A session's place in the queue of a key.</summary>
internal sealed class MemoryWaiter(ServerSession owner, LockKey key, LockMode mode)
{
    // Continuations run elsewhere: the answer is given under the server's gate.
    private readonly TaskCompletionSource<long?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ServerSession Owner { get; } = owner;

    public LockKey Key { get; } = key;

    public LockMode Mode { get; } = mode;

    public Task<long?> Answer => _answer.Task;

    /// <summary>The key is the owner's. A silent owner is not told: it holds the key until the server ends its session.</summary>
    public void Grant(long token)
    {
        if (!Owner.IsSilent)
        {
            _answer.TrySetResult(token);
        }
    }

    public void Withdraw() => _answer.TrySetResult(null);
}
