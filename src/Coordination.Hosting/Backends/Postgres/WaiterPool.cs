namespace Coordination.Backends.Postgres;

/// <summary>Waits for keys that other processes hold, on a bounded number of connections of its own.</summary>
/// <remarks>More contended keys than connections take turns: a key that did not get its lock within a slice makes room for the next.</remarks>
internal sealed class WaiterPool(PostgresPlace place, MemberProfile profile, PostgresSession session)
{
    private readonly object _gate = new();

    // Those who rest wait apart from those who are idle: a pulse for new work that woke one of them would be lost on it.
    private readonly ManualResetEventSlim _over = new();
    private readonly Queue<WaitRequest> _pending = [];
    private int _workers;
    private int _idle;
    private bool _closed;

    /// <summary>A connection that has had nothing to do for so long closes; well before the server would end it.</summary>
    private TimeSpan IdleTime { get; } = profile.LeaseTime / 2 < TimeSpan.FromSeconds(5) ? profile.LeaseTime / 2 : TimeSpan.FromSeconds(5);

    /// <inheritdoc cref="IBackendSession.WaitAsync"/>
    public Task<long?> WaitAsync(LockKey key, LockMode mode, CancellationToken cancellationToken)
    {
        var request = new WaitRequest(key, mode, cancellationToken);
        lock (_gate)
        {
            if (_closed)
            {
                request.Fail(CommandQueue.Over());
                return request.Answer;
            }

            _pending.Enqueue(request);
            if (_pending.Count <= _idle)
            {
                Monitor.Pulse(_gate);
            }
            else if (_workers < place.Settings.MaxWaiterConnections)
            {
                _workers++;
                var worker = new WaiterConnection(place, profile, session, this);
                new Thread(worker.Run) { IsBackground = true, Name = $"coordination waiter {profile.Group}" }.UnsafeStart();
            }
        }

        return request.Answer;
    }

    /// <summary>The next key to wait for; null when there was none for a while and the connection is to close.</summary>
    public WaitRequest? Take()
    {
        lock (_gate)
        {
            if (_pending.Count == 0 && !_closed)
            {
                _idle++;
                Monitor.Wait(_gate, IdleTime);
                _idle--;
            }

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

    /// <summary>The session is over: whatever waits fails, and the connections close when their slices end.</summary>
    public void Close()
    {
        WaitRequest[] left;
        lock (_gate)
        {
            _closed = true;
            left = [.. _pending];
            _pending.Clear();
            Monitor.PulseAll(_gate);
        }

        _over.Set();
        foreach (var request in left)
        {
            request.Fail(CommandQueue.Over());
        }
    }
}
