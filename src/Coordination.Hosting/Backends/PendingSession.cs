namespace Coordination.Backends;

/// <summary>Between whoever asks for a session and the thread that opens it: it is given once, or given up before.</summary>
internal sealed class PendingSession<TSession>
    where TSession : class
{
    private readonly TaskCompletionSource<TSession?> _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isEntering;

    /// <summary>Completes when the thread is through with the session, whoever has it.</summary>
    public Task Over => _over.Task;

    /// <summary>Waits for the session.</summary>
    /// <param name="cancellationToken">
    /// Gives up. At once while nothing has been asked of the group; after that when the thread has taken it back, or cannot: a process
    /// that ended before that would leave a member behind that nobody beats for.
    /// </param>
    /// <returns>Null: the group has gone on without us.</returns>
    public async Task<TSession?> WaitAsync(CancellationToken cancellationToken)
    {
        await using var cancellation = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingSession<TSession>)state!)._given.TrySetCanceled(token), this).ConfigureAwait(false);
        try
        {
            return await _given.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Interlocked.Or(ref _isEntering, 0) != 0)
        {
            await _over.Task.ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Before the group is asked for a place in it: whoever gives up from now on waits for <see cref="Over"/>.</summary>
    /// <param name="leavesTrace">Whether it will be in the group; an observer has nothing to take back.</param>
    /// <returns>False: it has been given up.</returns>
    public bool TryEnter(bool leavesTrace)
    {
        // Written before the look, as the other side cancels before its own: one of the two sees the other.
        Interlocked.Exchange(ref _isEntering, leavesTrace ? 1 : 0);
        return !_given.Task.IsCompleted;
    }

    /// <summary>Gives the session, or null where there is none to have.</summary>
    /// <returns>False: it has been given up.</returns>
    public bool TryGive(TSession? session) => _given.TrySetResult(session);

    /// <summary>Tells whoever waits why there is none.</summary>
    /// <returns>False: it has been given, or given up.</returns>
    public bool TryFail(Exception cause) => _given.TrySetException(cause);

    /// <summary>The thread is through with it.</summary>
    public void End() => _over.TrySetResult();
}
