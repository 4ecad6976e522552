namespace Coordination.Backends;

/// <summary>Whether it pays to stay awake for the next piece of work. Pure.</summary>
/// <remarks>
/// To fall asleep and be woken costs a thread some 50 µs on a virtual machine, as much as the round trip to the server itself. A
/// caller that gives one lock back and takes the next comes again sooner than that. So the thread stays awake for a moment,
/// but only where the last pieces of work came fast: a process that locks now and then pays nothing.
/// </remarks>
internal sealed class SpinPolicy(bool isAllowed)
{
    /// <summary>The longest time awake: about what falling asleep would cost.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMicroseconds(100);

    /// <summary>Work that woke the thread came fast when it came within this: the longest time awake and the waking itself.</summary>
    public static readonly TimeSpan Fast = TimeSpan.FromMicroseconds(500);

    private const int Sure = 3;
    private const int Likely = 2;

    private int _confidence;

    /// <summary>One processor has nobody who could bring work while we hold it.</summary>
    public static SpinPolicy ForThisMachine() => new(Environment.ProcessorCount > 1);

    /// <summary>Whether there is another processor.</summary>
    public bool IsAllowed => isAllowed;

    public bool IsWorthIt => isAllowed && _confidence >= Likely;

    /// <summary>Learns how long the next piece of work took to come. One exception among many changes nothing.</summary>
    public void Learn(TimeSpan gap) => _confidence = gap <= Fast ? Math.Min(Sure, _confidence + 1) : Math.Max(0, _confidence - 1);
}
