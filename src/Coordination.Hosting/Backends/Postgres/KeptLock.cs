namespace Coordination.Backends.Postgres;

/// <summary>One lock that a waiter connection won and keeps until it is given back: a lease of its own, beside the session's.</summary>
/// <remarks>
/// The connection's thread serves it: it gives the lock back when told to, and says a word to the server at least every half second,
/// which proves the lock and keeps the server from ending the connection. Everything else is called by other threads.
/// </remarks>
internal sealed class KeptLock(TimeProvider time, SpinPolicy spin, Moment wonAt) : ILockHome
{
    private readonly CommandQueue _queue = new(time, spin);
    private readonly Lock _gate = new();
    private readonly HashSet<ConfirmCommand> _asked = [];
    private volatile Heard _heard = new(wonAt);
    private volatile bool _isOver;

    /// <inheritdoc/>
    public Moment HeardAt => _heard.At;

    /// <inheritdoc/>
    public bool IsOver => _isOver;

    /// <inheritdoc/>
    public void Post(LockCommand command) => _queue.Post(command);

    /// <inheritdoc/>
    public void Expect() => _queue.Expect();

    /// <inheritdoc/>
    public Task<bool> ConfirmAsync()
    {
        var command = new ConfirmCommand();
        lock (_gate)
        {
            if (_isOver)
            {
                return Task.FromResult(false);
            }

            _asked.Add(command);
        }

        _queue.Post(command);
        return command.Answer;
    }

    /// <inheritdoc/>
    public void Abandon() => End();

    /// <summary>It is over: given back, lost or given up. Whoever still asks is told no.</summary>
    public void End()
    {
        ConfirmCommand[] asked;
        lock (_gate)
        {
            _isOver = true;
            asked = [.. _asked];
            _asked.Clear();
        }

        _queue.Close();
        foreach (var command in asked)
        {
            command.Complete(null);
        }
    }

    /// <summary>Serves it on the connection's thread.</summary>
    /// <param name="silence">The longest time without a word to the server.</param>
    /// <param name="pulse">Says a word; throws when the lock cannot be believed any more.</param>
    /// <returns>The command that gives it back; null when it was abandoned.</returns>
    public LockCommand? Serve(TimeSpan silence, Action pulse)
    {
        List<LockCommand> batch = [];
        while (_queue.Take(batch, silence - time.GetElapsedTime(_heard.At.Timestamp), out _))
        {
            if (batch.Find(static command => command.IsRelease) is { } release)
            {
                return release;
            }

            if (batch.Count > 0 || time.GetElapsedTime(_heard.At.Timestamp) >= silence)
            {
                var sentAt = Moment.Now(time);
                pulse();
                _heard = new Heard(sentAt);
            }

            foreach (var command in batch)
            {
                command.Complete(1);
                Forget(command as ConfirmCommand);
            }

            batch.Clear();
        }

        return null;
    }

    private void Forget(ConfirmCommand? answered)
    {
        lock (_gate)
        {
            if (answered is not null)
            {
                _asked.Remove(answered);
            }
        }
    }

    // A reference is swapped atomically; the two numbers of a Moment are not.
    private sealed record Heard(Moment At);

    /// <summary>Asks for nothing but an answer.</summary>
    private sealed class ConfirmCommand : LockCommand
    {
        private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<bool> Answer => _answer.Task;

        /// <inheritdoc/>
        public override void Complete(long? result) => _answer.TrySetResult(result is not null);

        /// <inheritdoc/>
        public override void Fail(CoordinationException cause) => _answer.TrySetResult(false);
    }
}
