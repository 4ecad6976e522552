namespace Coordination.Sessions;

/// <summary>What everybody awaits who asked to join: kept by a join, broken by an error that somebody must mend, made anew after a loss.</summary>
internal sealed class JoinPromise
{
    private TaskCompletionSource _current = New();

    public Task Task => Volatile.Read(ref _current).Task;

    public void Keep() => Volatile.Read(ref _current).TrySetResult();

    /// <summary>A loss: whoever asks from now on waits for the next join.</summary>
    public void Renew() => Interlocked.Exchange(ref _current, New()).TrySetResult();

    /// <summary>Tells those who wait; whoever asks later waits for the next attempt.</summary>
    public void Break(Exception cause) => Fail(Interlocked.Exchange(ref _current, New()), cause);

    /// <summary>Tells those who wait and whoever asks later: there will be no attempt any more.</summary>
    public void BreakForGood(Exception cause)
    {
        var last = New();
        Fail(last, cause);
        Fail(Interlocked.Exchange(ref _current, last), cause);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Fail(TaskCompletionSource promise, Exception cause)
    {
        promise.TrySetException(cause);
        _ = promise.Task.Exception; // seen: the log has it, and nobody may be waiting
    }
}
