namespace Coordination.Backends;

/// <summary>What a session tells its owner, from threads of its own. Nothing here may block or throw.</summary>
internal interface ISessionEvents
{
    /// <summary>A beat was answered.</summary>
    /// <param name="session">The session that beat.</param>
    /// <param name="sentAt">When it was sent: a slow answer must not buy time.</param>
    /// <param name="answer">What the server said.</param>
    void Beaten(IBackendSession session, Moment sentAt, BeatAnswer answer);

    /// <summary>The session is over and its locks with it; called once, and not after the owner disposed the session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="cause">What ended it.</param>
    void Ended(IBackendSession session, Exception cause);

    /// <summary>A connection that kept a lock of this session is over, and the lock with it. Not called after it was abandoned, or after the session ended.</summary>
    /// <param name="session">The session.</param>
    /// <param name="home">The connection.</param>
    /// <param name="cause">What ended it.</param>
    void HomeEnded(IBackendSession session, ILockHome home, Exception cause);

    /// <summary>The group has this view: there may be one to read. Told whenever somebody looked, whether it is new or not.</summary>
    void ViewSeen(ViewNumber view);
}
