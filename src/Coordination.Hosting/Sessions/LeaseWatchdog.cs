namespace Coordination.Sessions;

/// <summary>Ends a lease at its deadline, on a thread of its own: a starved thread pool must not delay it.</summary>
/// <remarks>
/// The thread waits on its own clock; the timer of the TimeProvider only wakes it earlier (a test that moves time by hand), and
/// may be late without harm. It looks once a second even when the deadline is far, so that a machine that was suspended
/// learns within a second what every look at <see cref="LiveLease.IsOpen"/> says at once.
/// </remarks>
internal sealed class LeaseWatchdog : IDisposable
{
    private static readonly TimeSpan LongestNap = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly Action<LiveLease> _expire;
    private readonly Action<LiveLease, HomeLease> _expireHome;
    private readonly ITimer _poke;
    private readonly TimeProvider _time;
    private LiveLease? _watched;
    private long _pokedAt;
    private TimeSpan _poked;
    private Thread? _thread;
    private bool _disposed;

    public LeaseWatchdog(TimeProvider time, Action<LiveLease> expire, Action<LiveLease, HomeLease> expireHome)
    {
        _time = time;
        _expire = expire;
        _expireHome = expireHome;
        _poke = time.CreateTimer(static state => ((LeaseWatchdog)state!).Poke(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Watches a lease instead of the one before.</summary>
    public void Watch(LiveLease lease)
    {
        lock (_gate)
        {
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "coordination watchdog", Priority = ThreadPriority.AboveNormal };
                _thread.UnsafeStart();
            }

            _watched = lease;
            Monitor.Pulse(_gate);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Monitor.Pulse(_gate);
        }

        _poke.Dispose();
    }

    /// <summary>
    /// There is one more deadline to watch. It wakes nobody while it lies behind the next look: the thread would want a processor in the very
    /// moment in which the lock is handed over.
    /// </summary>
    public void Watch(HomeLease home)
    {
        lock (_gate)
        {
            var remaining = home.Remaining;
            if (remaining <= LongestNap)
            {
                Monitor.Pulse(_gate);
            }
            else if (remaining < _poked - _time.GetElapsedTime(_pokedAt))
            {
                PokeAfter(remaining);
            }
        }
    }

    private void Poke()
    {
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    private void PokeAfter(TimeSpan remaining)
    {
        (_pokedAt, _poked) = (_time.GetTimestamp(), remaining);
        _poke.Change(remaining, Timeout.InfiniteTimeSpan);
    }

    private void Run()
    {
        while (NextExpired() is { } expired)
        {
            if (expired.Home is { } home)
            {
                _expireHome(expired.Lease, home);
            }
            else
            {
                _expire(expired.Lease);
            }
        }
    }

    private Expired? NextExpired()
    {
        lock (_gate)
        {
            while (!_disposed)
            {
                // One that has ended is watched on: until another takes its place, its clock says when we are lost.
                if (_watched is null)
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                // Asking whether it is open makes a closed clock stay closed: no answer can come between this look and the end.
                if (!_watched.Clock.IsOpen)
                {
                    var expired = _watched;
                    _watched = null;
                    return new Expired(expired, Home: null);
                }

                var remaining = _watched.Clock.Remaining;
                foreach (var home in _watched.Homes)
                {
                    if (!home.IsOpen)
                    {
                        _watched.Close(home);
                        return new Expired(_watched, home);
                    }

                    remaining = home.Remaining < remaining ? home.Remaining : remaining;
                }

                if (remaining > TimeSpan.Zero) // else it ran out between the two looks
                {
                    PokeAfter(remaining);
                    Monitor.Wait(_gate, remaining < LongestNap ? remaining + TimeSpan.FromMilliseconds(1) : LongestNap);
                }
            }

            return null;
        }
    }

    private sealed record Expired(LiveLease Lease, HomeLease? Home);
}
