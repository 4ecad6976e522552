using Coordination.Backends;

namespace Coordination.UnitTests.Backends.Scripted;

/// <summary>A place in the server's queue that the test grants or not.</summary>
internal sealed class ServerWait(LockKey key, LockMode mode, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<LockGrant?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LockKey Key => key;

    public LockMode Mode => mode;

    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    public Task<LockGrant?> Answer => _answer.Task;

    public void Grant(long token, ILockHome? home = null) => _answer.SetResult(new LockGrant(token, home));

    public void EndCancelled() => _answer.SetResult(null);

    public void Fail(Exception cause) => _answer.SetException(cause);
}
