namespace Coordination.Backends.Memory;

/// <summary>The callbacks of one session: one at a time, in order, and never under a lock.</summary>
/// <remarks>
/// A command's answer always comes from the thread pool and never from within <see cref="IBackendSession.Post(LockCommand)"/>: the poster may
/// hold a lock of its own that the answer needs. What a timer caused is called on the timer's thread when the queue is
/// idle: under a manual clock a beat has then been answered before the clock moves on to the watchdog that asks for it.
/// </remarks>
internal sealed class SessionQueue : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Queue<(LockCommand? Command, long? Result, Action? Callback)> _waiting = [];
    private bool _isBusy;
    private bool _isClosed;

    /// <summary>Answers a command, later and on the thread pool.</summary>
    public void Answer(LockCommand command, long? result)
    {
        if (Enqueue((command, result, null), isLast: false))
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Calls back after everything that was queued before.</summary>
    /// <param name="callback">What to call.</param>
    /// <param name="here">Whether this thread may make the call; else the thread pool does.</param>
    /// <param name="isLast">Nothing is accepted behind this one.</param>
    public void Call(Action callback, bool here, bool isLast = false)
    {
        if (!Enqueue((null, null, callback), isLast))
        {
            return;
        }

        if (here)
        {
            Drain();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Forgets what is waiting and accepts nothing more: the owner wants to hear no more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _waiting.Clear();
        }
    }

    void IThreadPoolWorkItem.Execute() => Drain();

    /// <returns>Whether the caller has to see to it that the queue is drained.</returns>
    private bool Enqueue((LockCommand? Command, long? Result, Action? Callback) item, bool isLast)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _isClosed = isLast;
            _waiting.Enqueue(item);
            if (_isBusy)
            {
                return false;
            }

            _isBusy = true;
            return true;
        }
    }

    private void Drain()
    {
        while (true)
        {
            (LockCommand? Command, long? Result, Action? Callback) item;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out item))
                {
                    _isBusy = false;
                    return;
                }
            }

            item.Command?.Complete(item.Result);
            item.Callback?.Invoke();
        }
    }
}
