namespace Coordination.Backends.Postgres;

/// <summary>When a session is to beat, which beats the group is to remember, and which renew the lease. Used by the session's thread only. Pure but for the clock.</summary>
internal sealed class BeatSchedule(TimeProvider time, MemberProfile profile)
{
    /// <summary>Nothing of ours is silent for longer: what the server ends is noticed at the next word.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromMilliseconds(500);

    /// <summary>Of so many heartbeats one is written when they are sparse.</summary>
    public const int Sparseness = 12;

    private readonly TimeSpan _silence = SilenceOf(profile);
    private readonly TimeSpan _early = profile.HeartbeatInterval < profile.CrashGrace / 2 ? profile.HeartbeatInterval : profile.CrashGrace / 2;
    private long _lastBeat;
    private Moment _lastStamp;
    private ViewNumber _view;
    private ViewNumber _viewAtStamp;
    private bool _isTold;

    /// <summary>How long until the next beat; zero or less when it is due.</summary>
    public TimeSpan Remaining => _silence - time.GetElapsedTime(_lastBeat);

    /// <summary>Whether the next beat is one that the group is to remember.</summary>
    /// <remarks>
    /// It comes early after a new view: a member that has just joined may accuse only those that were heard of since, and is old enough
    /// to accuse anybody when the grace is over. Else it is the beat that is nearest to the interval, and not the first one after it: stamps of a short
    /// lease would be more than half of it apart, which looks as if the server had stood still (see judge).
    /// </remarks>
    public bool IsStampDue => time.GetElapsedTime(_lastStamp.Timestamp) >= (_view == _viewAtStamp ? StampIntervalOf(profile) - (_silence / 2) : _early);

    /// <summary>The longest time between two beats that are remembered.</summary>
    public static TimeSpan StampIntervalOf(MemberProfile profile) =>
        profile.HeartbeatMode is HeartbeatMode.Sparse ? profile.HeartbeatInterval * Sparseness : profile.HeartbeatInterval;

    /// <summary>Half a second, or less when heartbeats come faster.</summary>
    public static TimeSpan SilenceOf(MemberProfile profile) => profile.HeartbeatInterval < LongestSilence ? profile.HeartbeatInterval : LongestSilence;

    /// <summary>Whether people are to hear that nothing has been remembered for a long time: half a lease beyond what is usual, and once until something is.</summary>
    public bool MustTell(out TimeSpan unwritten)
    {
        unwritten = time.GetElapsedTime(_lastStamp.Timestamp);
        return !profile.Observe && !_isTold && unwritten > StampIntervalOf(profile) + (profile.LeaseTime / 2) && (_isTold = true);
    }

    /// <summary>A beat was answered.</summary>
    /// <param name="sentAt">When it was sent.</param>
    /// <param name="isStamped">Whether the group remembers it.</param>
    /// <param name="view">The view it brought back.</param>
    /// <returns>From when on the lease counts now: a primary that was cut off answers reads all the same, so only durable beats count where durable ones are wanted.</returns>
    public Moment Answered(Moment sentAt, bool isStamped, ViewNumber view)
    {
        _lastBeat = sentAt.Timestamp;
        _view = view;
        if (isStamped)
        {
            (_lastStamp, _viewAtStamp, _isTold) = (sentAt, view, false);
        }

        return profile is { HeartbeatMode: HeartbeatMode.Durable, Observe: false } ? _lastStamp : sentAt;
    }
}
