namespace Coordination;

/// <summary>How a lock is asked for. <c>default</c> asks for an exclusive lock without a limit of time.</summary>
public readonly record struct LockRequest
{
    /// <summary>
    /// How long to wait. Null: <c>Acquire</c> waits for ever and <c>TryAcquire</c> does not wait at all. Zero: one attempt.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: wait for ever.
    /// </summary>
    /// <value>Null by default; otherwise 0 to <see cref="int.MaxValue"/> milliseconds, or infinite.</value>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Exclusive (the default) or shared.</summary>
    public LockMode Mode { get; init; }

    /// <summary>What the lock is for, in a few words for people: it stands in the log beside the name.</summary>
    public string? Reason { get; init; }
}
