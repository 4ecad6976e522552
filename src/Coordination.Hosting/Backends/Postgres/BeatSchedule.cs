namespace Coordination.Backends.Postgres;

/// <summary>When a session is to beat, and which beats the group is to remember. Used by the session's thread only. Pure but for the clock.</summary>
internal sealed class BeatSchedule(TimeProvider time, MemberProfile profile)
{
    /// <summary>Nothing of ours is silent for longer: what the server ends is noticed at the next word.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromMilliseconds(500);

    private readonly TimeSpan _silence = SilenceOf(profile);
    private long _lastBeat;
    private long _lastStamp;

    /// <summary>How long until the next beat; zero or less when it is due.</summary>
    public TimeSpan Remaining => _silence - time.GetElapsedTime(_lastBeat);

    /// <summary>Whether the next beat is one that the group is to remember.</summary>
    public bool IsStampDue => time.GetElapsedTime(_lastStamp) >= profile.HeartbeatInterval;

    /// <summary>Half a second, or less when heartbeats come faster.</summary>
    public static TimeSpan SilenceOf(MemberProfile profile) => profile.HeartbeatInterval < LongestSilence ? profile.HeartbeatInterval : LongestSilence;

    /// <summary>A beat was answered.</summary>
    /// <param name="sentAt">When it was sent.</param>
    /// <param name="isStamped">Whether the group remembers it.</param>
    public void Answered(Moment sentAt, bool isStamped)
    {
        _lastBeat = sentAt.Timestamp;
        _lastStamp = isStamped ? sentAt.Timestamp : _lastStamp;
    }
}
