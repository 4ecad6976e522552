namespace Coordination.Backends.Files;

/// <summary>A call with an answer.</summary>
internal sealed class FolderQuery<T>(Func<T> work) : FolderCall
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _refusal;

    public Task<T> Answer => _answer.Task;

    /// <inheritdoc/>
    public override void Run()
    {
        try
        {
            _result = work();
        }
        catch (CoordinationException e)
        {
            _refusal = e; // of this call only; whatever else goes wrong ends the session
        }
    }

    /// <inheritdoc/>
    public override void Tell()
    {
        if (_refusal is not null)
        {
            _answer.TrySetException(_refusal);
        }
        else
        {
            _answer.TrySetResult(_result!);
        }
    }

    /// <inheritdoc/>
    public override void Fail(Exception cause) => _answer.TrySetException(cause);
}
