namespace Coordination.Backends.Postgres;

/// <summary>Lets the session's thread sleep until there is work, and wakes it. Set and cleared under the gate of the queue that it belongs to; waited for outside.</summary>
/// <remarks>
/// It has a monitor of its own, which nobody enters who finds the thread awake, and under load it always is. So the gate of the queue, through
/// which every caller goes, need not be one: the runtime's newer lock costs less.
/// </remarks>
internal sealed class WorkSignal(TimeProvider time, SpinPolicy spin)
{
    private readonly object _bed = new();
    private volatile bool _isSet;
    private volatile bool _isExpected;
    private volatile bool _isAsleep;

    /// <summary>Whether there is work.</summary>
    public bool IsSet
    {
        get => _isSet;
        set => _isSet = value;
    }

    /// <summary>Wakes the thread, after it was set. Not under the gate, which the thread takes next.</summary>
    public void Wake()
    {
        Interlocked.MemoryBarrier(); // the other half of the pair in Sleep
        if (_isAsleep)
        {
            lock (_bed)
            {
                // Whoever comes late may find the work done and the thread asleep again: it must not wake for nothing, and learn from that.
                // Once is enough: those who come while it wakes need not stand in its way.
                if (_isAsleep && (_isSet || _isExpected))
                {
                    _isAsleep = false;
                    Monitor.Pulse(_bed);
                }
            }
        }
    }

    /// <summary>Work is about to come: the thread wakes now and stays awake for a moment.</summary>
    public void Expect()
    {
        _isExpected = true;
        Wake();
    }

    /// <summary>Waits until it is set.</summary>
    /// <param name="patience">The longest wait.</param>
    public void Await(TimeSpan patience)
    {
        var since = time.GetTimestamp();
        if (spin.IsWorthIt)
        {
            StayAwake();
        }

        Sleep(patience);
        if (_isExpected)
        {
            _isExpected = false;
            StayAwake();
        }

        spin.Learn(time.GetElapsedTime(since));
    }

    private void Sleep(TimeSpan patience)
    {
        lock (_bed)
        {
            _isAsleep = true;
            Interlocked.MemoryBarrier(); // either we see the work here, or whoever brought it sees us asleep; he gets the lock when we let go of it to wait
            if (!_isSet && !_isExpected)
            {
                Monitor.Wait(_bed, patience);
            }

            _isAsleep = false;
        }
    }

    private void StayAwake()
    {
        var since = time.GetTimestamp();
        var spinner = default(SpinWait);
        while (!_isSet && time.GetElapsedTime(since) < SpinPolicy.Longest)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }
}
