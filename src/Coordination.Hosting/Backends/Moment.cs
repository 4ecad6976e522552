namespace Coordination.Backends;

/// <summary>An instant on both clocks, so that time which the monotonic clock slept through is counted all the same.</summary>
/// <remarks>
/// On Linux the monotonic clock stands still while the machine is suspended; the server's does not. When the wall clock has
/// gone on by more than two seconds more than the monotonic one, it is believed. A wall clock that was set back, or ahead by
/// less, changes nothing; one that was set ahead by more only makes us give up early, which is safe.
/// </remarks>
/// <param name="Timestamp">A timestamp of the TimeProvider.</param>
/// <param name="Utc">What the wall clock showed then.</param>
internal readonly record struct Moment(long Timestamp, DateTimeOffset Utc)
{
    private static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(2);

    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>How long ago it was.</summary>
    public TimeSpan Elapsed(TimeProvider time)
    {
        var steady = time.GetElapsedTime(Timestamp);
        var wall = time.GetUtcNow() - Utc;
        return wall - steady > Tolerated ? wall : steady;
    }
}
