namespace Coordination.Backends;

/// <summary>An instant on both clocks, so that time which the monotonic clock slept through is counted all the same.</summary>
/// <remarks>
/// On Linux the monotonic clock stands still while the machine is suspended; the server's does not. So the clock that has gone
/// on further is believed. A wall clock that was set back changes nothing; one that was set ahead makes a lease look older until
/// the next heartbeat is answered, which is safe.
/// </remarks>
/// <param name="Timestamp">A timestamp of the TimeProvider.</param>
/// <param name="Utc">What the wall clock showed then.</param>
internal readonly record struct Moment(long Timestamp, DateTimeOffset Utc)
{
    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>How long ago it was.</summary>
    public TimeSpan Elapsed(TimeProvider time)
    {
        var steady = time.GetElapsedTime(Timestamp);
        var wall = time.GetUtcNow() - Utc;
        return wall > steady ? wall : steady;
    }
}
