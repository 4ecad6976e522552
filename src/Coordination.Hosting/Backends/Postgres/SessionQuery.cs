namespace Coordination.Backends.Postgres;

/// <summary>A call with an answer.</summary>
/// <typeparam name="T">The answer.</typeparam>
internal sealed class SessionQuery<T>(Func<GroupStatements, T> work) : SessionCall
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Answer => _answer.Task;

    /// <inheritdoc/>
    public override void Execute(GroupStatements statements) => _answer.TrySetResult(work(statements));

    /// <inheritdoc/>
    public override void Fail(Exception cause)
    {
        _answer.TrySetException(cause);
        _ = _answer.Task.Exception; // seen: its caller may have stopped waiting
    }
}
