namespace Coordination.Backends.Postgres;

/// <summary>The try by which the session takes over a key that a waiter connection has just let go of.</summary>
internal sealed class HandOverCommand : LockCommand
{
    private readonly object _gate = new();
    private bool _answered;
    private long? _token;
    private CoordinationException? _failure;

    public HandOverCommand(LockKey key, LockMode mode)
    {
        Key = key;
        Mode = mode;
    }

    /// <inheritdoc/>
    public override void Complete(long? result) => Answer(result, failure: null);

    /// <inheritdoc/>
    public override void Fail(CoordinationException cause) => Answer(token: null, cause);

    /// <summary>Waits for the session's answer.</summary>
    /// <param name="isOver">Whether the session is over: then no answer comes any more.</param>
    /// <returns>The grant, or null when somebody else was quicker.</returns>
    public long? Await(Func<bool> isOver)
    {
        lock (_gate)
        {
            while (!_answered)
            {
                if (isOver())
                {
                    throw CommandQueue.Over();
                }

                Monitor.Wait(_gate, TimeSpan.FromMilliseconds(100));
            }
        }

        return _failure is null ? _token : throw _failure;
    }

    private void Answer(long? token, CoordinationException? failure)
    {
        lock (_gate)
        {
            (_answered, _token, _failure) = (true, token, failure);
            Monitor.Pulse(_gate);
        }
    }
}
