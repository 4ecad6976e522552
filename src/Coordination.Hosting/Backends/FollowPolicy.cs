namespace Coordination.Backends;

/// <summary>Whether a release that nobody waits for is worth holding back until its caller may have asked for the key again: both then take one round trip. Pure.</summary>
/// <remarks>
/// A thread that is awake takes the release in less time than a caller in a loop needs to ask again, and two round trips are made where
/// one would do. Only where the last releases were followed at once is anything held back, and for a moment that is short beside a round trip.
/// </remarks>
internal sealed class FollowPolicy(bool isAllowed)
{
    /// <summary>The longest time: a caller in a loop needs some two microseconds.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMicroseconds(10);

    private const int Sure = 3;
    private const int Likely = 2;

    private int _confidence;

    public bool IsWorthIt => isAllowed && _confidence >= Likely;

    /// <param name="held">How long it has been held back.</param>
    public bool IsWorthWaiting(TimeSpan held) => IsWorthIt && held < Longest;

    /// <summary>Learns whether a release that was alone was followed. One exception among many changes nothing.</summary>
    public void Learn(bool isFollowed) => _confidence = isFollowed ? Math.Min(Sure, _confidence + 1) : Math.Max(0, _confidence - 1);
}
