using Coordination.Backends;

namespace Coordination.UnitTests.Backends.Memory;

/// <summary>A lock command whose answer can be awaited.</summary>
internal sealed class TestCommand : LockCommand
{
    private readonly TaskCompletionSource<long?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Task<long?> TryAsync(IBackendSession session, LockKey key, LockMode mode = LockMode.Exclusive) =>
        Send(session, new TestCommand { Key = key, Mode = mode });

    public static Task<long?> ReleaseAsync(IBackendSession session, LockKey key) =>
        Send(session, new TestCommand { Key = key, IsRelease = true });

    public override void Complete(long? result) => _answer.SetResult(result);

    public override void Fail(CoordinationException cause) => _answer.SetException(cause);

    private static Task<long?> Send(IBackendSession session, TestCommand command)
    {
        session.Post(command);
        return command._answer.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
    }
}
