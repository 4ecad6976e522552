namespace Coordination;

/// <summary>How a lock is asked for. <c>default</c> asks for an exclusive lock without a limit of time.</summary>
public readonly record struct LockRequest
{
    /// <summary>The most holders that a lock may have.</summary>
    public const int MostHolders = 1000;

    // Stored as one less, so that default(LockRequest) asks for one holder.
    private readonly int _moreHolders;

    /// <summary>
    /// How long to wait. Null: <c>Acquire</c> waits for ever and <c>TryAcquire</c> does not wait at all. Zero: one attempt.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: wait for ever.
    /// </summary>
    /// <value>Null by default; otherwise 0 to <see cref="int.MaxValue"/> milliseconds, or infinite.</value>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Exclusive (the default) or shared.</summary>
    public LockMode Mode { get; init; }

    /// <summary>
    /// How many may hold the lock at a time, over all processes: a semaphore. All callers of one name must name the same number; one who
    /// does not gets a <see cref="CoordinationConfigurationException"/> where that can be seen.
    /// </summary>
    /// <value>1 by default; 1 to 1,000. More than one goes with <see cref="LockMode.Exclusive"/> only.</value>
    public int MaxHolders
    {
        get => _moreHolders + 1;
        init => _moreHolders = value - 1;
    }

    /// <summary>
    /// The pattern that the name was made from, <c>order-{id}</c>: metrics and spans show it instead of the name, whose number would be
    /// without bound. There should be few different ones.
    /// </summary>
    /// <value>Null by default: numbers and ids in the name are replaced by <c>{}</c>.</value>
    public string? Template { get; init; }

    /// <summary>What the lock is for, in a few words for people: it stands in the log beside the name.</summary>
    public string? Reason { get; init; }
}
