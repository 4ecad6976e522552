namespace Coordination.Backends.Memory;

/// <summary>A clock that stands still until it is moved. Timers fire on the thread that moves it, in the order of their times.</summary>
/// <remarks>
/// Two that move it at once do so one after the other: each timer fires once. A timer that sets another one sees the time that it was set for,
/// and not the end of the move; so the beats of a long move are sent, and answered, in their order.
/// </remarks>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly Lock _moving = new();
    private readonly List<Alarm> _alarms = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _lastSet;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => GetUtcNow().Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, callback, state, ExecutionContext.Capture());
        alarm.Change(dueTime, period);
        return alarm;
    }

    public void Advance(TimeSpan by)
    {
        lock (_moving)
        {
            var end = GetUtcNow() + by;
            while (NextDue(end) is { } alarm)
            {
                alarm.Fire();
            }
        }
    }

    private Alarm? NextDue(DateTimeOffset end)
    {
        lock (_gate)
        {
            // Of two for one instant the one that was set first comes first.
            var next = _alarms.Where(alarm => alarm.Due <= end).OrderBy(alarm => alarm.Due).ThenBy(alarm => alarm.Number).FirstOrDefault();
            if (next is null)
            {
                _now = end;
                return null;
            }

            _now = next.Due > _now ? next.Due : _now;
            Set(next, next.Period);
            return next;
        }
    }

    private void Set(Alarm alarm, TimeSpan due)
    {
        _alarms.Remove(alarm);
        if (due >= TimeSpan.Zero)
        {
            (alarm.Due, alarm.Number) = (_now + due, ++_lastSet);
            _alarms.Add(alarm);
        }
    }

    private sealed class Alarm(ManualClock clock, TimerCallback callback, object? state, ExecutionContext? context) : ITimer
    {
        private bool _disposed;

        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; private set; }

        public long Number { get; set; }

        public void Fire()
        {
            if (context is null)
            {
                callback(state);
            }
            else
            {
                ExecutionContext.Run(context, state => callback(state), state);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (!_disposed)
                {
                    Period = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
                    clock.Set(this, dueTime);
                }

                return !_disposed;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                _disposed = true;
                clock._alarms.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
