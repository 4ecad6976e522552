using System.Threading.Channels;

namespace Coordination.UnitTests;

/// <summary>A clock that stands still until a test moves it. Timers fire on the thread that moves it, in the order of their times.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly Channel<TimeSpan> _set = Channel.CreateUnbounded<TimeSpan>();
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _wallAhead;
    private long _lastArmed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now + _wallAhead;
        }
    }

    public override long GetTimestamp() => Steady().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock to each timer that is due on the way, fires it, and goes on to the end.</summary>
    public void Advance(TimeSpan by)
    {
        var end = Steady() + by;
        while (NextDue(end) is { } timer)
        {
            timer.Fire();
        }
    }

    /// <summary>Sets the wall clock alone: ahead is also what a machine sees that was suspended, back is a correction.</summary>
    public void SetWall(TimeSpan by)
    {
        lock (_gate)
        {
            _wallAhead += by;
        }
    }

    /// <summary>Waits until some code has set a timer that fits; each setting counts once.</summary>
    public async Task<TimeSpan> TimerSetAsync(Func<TimeSpan, bool> fits)
    {
        while (true)
        {
            var due = await _set.NextAsync();
            if (fits(due))
            {
                return due;
            }
        }
    }

    private DateTimeOffset Steady()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    private ManualTimer? NextDue(DateTimeOffset end)
    {
        lock (_gate)
        {
            // Of two timers for one instant the one that was set first comes first.
            var next = _timers.Where(timer => timer.Due <= end).OrderBy(timer => timer.Due).ThenBy(timer => timer.Armed).FirstOrDefault();
            if (next is null)
            {
                _now = end;
                return null;
            }

            _now = next.Due > _now ? next.Due : _now;
            Arm(next, next.Period);
            return next;
        }
    }

    private void Arm(ManualTimer timer, TimeSpan due)
    {
        _timers.Remove(timer);
        if (due >= TimeSpan.Zero)
        {
            timer.Due = _now + due;
            timer.Armed = ++_lastArmed;
            _timers.Add(timer);
        }
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; private set; }

        public long Armed { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                if (_disposed)
                {
                    return false;
                }

                Period = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
                time.Arm(this, dueTime);
                if (dueTime >= TimeSpan.Zero)
                {
                    time._set.Writer.TryWrite(dueTime);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                _disposed = true;
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
