namespace Coordination.Backends.Postgres;

/// <summary>Waits for keys that other processes hold, on a bounded number of connections of its own.</summary>
/// <remarks>
/// More contended keys than connections take turns: a key that did not get its lock within a slice makes room for the next. At most
/// half of the connections keep what they won, so that there is always one that can wait.
/// </remarks>
internal sealed class WaiterPool(WaiterContext context)
{
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();

    // Those who rest wait apart from those who are idle: a pulse for new work that woke one of them would be lost on it.
    private readonly ManualResetEventSlim _over = new();
    private readonly Queue<WaitRequest> _pending = [];
    private readonly List<KeptLock> _kept = [];
    private TaskCompletionSource? _nothingKept;
    private int _workers;
    private int _idle;
    private int _reserved;
    private bool _closed;

    /// <summary>A connection that has had nothing to do for so long closes; well before the server would end it.</summary>
    private TimeSpan IdleTime { get; } = context.Profile.LeaseTime / 2 < LongestIdle ? context.Profile.LeaseTime / 2 : LongestIdle;

    /// <summary>Something more to wait for.</summary>
    public void Enqueue(WaitRequest request)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _pending.Enqueue(request);
                StartWorkUnderGate();
                return;
            }
        }

        request.Fail(CommandQueue.Over());
    }

    /// <summary>Called by a worker that is about to take the next request: what is asked for from now on may count on it.</summary>
    public void Returning()
    {
        lock (_gate)
        {
            _idle++;
        }
    }

    /// <summary>The next key to wait for; null when there was none for a while and the connection is to close.</summary>
    /// <param name="hasReturned">Whether <see cref="Returning"/> was called.</param>
    public WaitRequest? Take(bool hasReturned)
    {
        lock (_gate)
        {
            _idle += hasReturned ? 0 : 1;

            // Who is woken for a request may find that somebody who had just finished has taken it: that is no reason to close.
            var since = context.Place.Time.GetTimestamp();
            for (var left = IdleTime; _pending.Count == 0 && !_closed && left > TimeSpan.Zero; left = IdleTime - context.Place.Time.GetElapsedTime(since))
            {
                Monitor.Wait(_gate, left);
            }

            _idle--;
            if (_pending.TryDequeue(out var request))
            {
                return request;
            }

            _workers--;
            return null;
        }
    }

    /// <summary>Whether keys wait for a connection, and how many: then slices get shorter and keys take turns.</summary>
    public int Pending
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _closed;
            }
        }
    }

    /// <summary>Whether one more connection may keep what it wins in the slice that begins now.</summary>
    public bool TryReserve()
    {
        lock (_gate)
        {
            if (_pending.Count > 0 || _reserved >= context.Place.Settings.MaxWaiterConnections / 2)
            {
                return false;
            }

            _reserved++;
            return true;
        }
    }

    /// <summary>The slice is over, and so is whatever was kept in it.</summary>
    public void EndReservation(bool wasReserved)
    {
        lock (_gate)
        {
            _reserved -= wasReserved ? 1 : 0;
        }
    }

    public void Keeps(KeptLock kept)
    {
        bool isTooLate;
        lock (_gate)
        {
            isTooLate = _closed;
            _kept.Add(kept);
        }

        if (isTooLate)
        {
            kept.Abandon();
        }
    }

    public void KeepsNoMore(KeptLock kept)
    {
        lock (_gate)
        {
            _kept.Remove(kept);
            if (_kept.Count == 0)
            {
                _nothingKept?.TrySetResult();
            }
        }
    }

    /// <summary>Puts a key back behind the others.</summary>
    public void PutBack(WaitRequest request)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _pending.Enqueue(request);
                return;
            }
        }

        request.Fail(CommandQueue.Over());
    }

    /// <summary>Waits before the next attempt to connect, unless the pool closes.</summary>
    public void Rest(TimeSpan delay) => _over.Wait(delay);

    /// <summary>Closes, and waits for a moment until what was kept is free at the server.</summary>
    public async Task DropKeptAsync()
    {
        Close();
        Task dropped;
        lock (_gate)
        {
            if (_kept.Count == 0)
            {
                return;
            }

            _nothingKept = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            dropped = _nothingKept.Task;
        }

        // A connection that hangs is not waited for: the server ends it when the lease is over.
        await Task.WhenAny(dropped, Task.Delay(Courtesy, context.Place.Time, CancellationToken.None)).ConfigureAwait(false);
    }

    /// <summary>The session is over: whatever waits fails, what is kept is dropped, and the connections close when their slices end.</summary>
    public void Close()
    {
        WaitRequest[] left;
        KeptLock[] kept;
        lock (_gate)
        {
            _closed = true;
            left = [.. _pending];
            kept = [.. _kept];
            _pending.Clear();
            Monitor.PulseAll(_gate);
        }

        _over.Set();
        foreach (var request in left)
        {
            request.Fail(CommandQueue.Over());
        }

        foreach (var one in kept)
        {
            one.Abandon();
        }
    }

    private void StartWorkUnderGate()
    {
        if (_pending.Count <= _idle)
        {
            Monitor.Pulse(_gate);
        }
        else if (_workers < context.Place.Settings.MaxWaiterConnections)
        {
            _workers++;
            var worker = new WaiterConnection(context, this);
            new Thread(worker.Run) { IsBackground = true, Name = $"coordination waiter {context.Profile.Group}" }.UnsafeStart();
        }
    }
}
