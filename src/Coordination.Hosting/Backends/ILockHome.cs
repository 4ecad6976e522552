namespace Coordination.Backends;

/// <summary>
/// A connection that waited for a lock and keeps it: a lock cannot move from one connection to another, and to let go of it for the
/// session to take would cost round trips in which everybody waits.
/// </summary>
/// <remarks>
/// Its lock lives as long as it does, and not longer than the session that it belongs to. Like a session it is heard of by the server
/// at least every half second, and ended by the server when it is silent for the lease time; when it ends by itself,
/// <see cref="ISessionEvents.HomeEnded"/> says so.
/// </remarks>
internal interface ILockHome
{
    /// <summary>When the last request was sent on it that was answered.</summary>
    Moment HeardAt { get; }

    /// <summary>Whether it is over; true before anybody is told of that.</summary>
    bool IsOver { get; }

    /// <inheritdoc cref="IBackendSession.Post(LockCommand)"/>
    void Post(LockCommand command);

    /// <summary>The lock is about to be given back: a hint to be ready for it.</summary>
    void Expect();

    /// <summary>One round trip that proves it alive.</summary>
    /// <returns>False when it is over.</returns>
    Task<bool> ConfirmAsync();

    /// <summary>Drops the connection without waiting for the network. Nothing is told of it any more.</summary>
    void Abandon();
}
