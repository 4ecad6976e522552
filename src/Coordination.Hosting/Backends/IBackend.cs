using System.Data.Common;

namespace Coordination.Backends;

/// <summary>A place where groups and their locks live.</summary>
/// <remarks>
/// Everything thrown from here is one of two: <see cref="CoordinationConfigurationException"/> when trying again cannot help,
/// <see cref="CoordinationUnavailableException"/> when it may.
/// </remarks>
internal interface IBackend : IAsyncDisposable
{
    /// <summary>What to show to people: scheme, hosts and database; never a credential.</summary>
    string Description { get; }

    /// <summary>Connects, proves the place, and joins the group (or only observes it).</summary>
    /// <param name="profile">Who we are.</param>
    /// <param name="seen">The newest view we know from an earlier stay, default if none: a server that knows only older ones has lost history.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="cancellationToken">Gives up; no session is left behind, and no member unless the server cannot be told.</param>
    /// <returns>A session that is alive and beats by itself from now on.</returns>
    Task<IBackendSession> JoinAsync(MemberProfile profile, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken);

    /// <summary>Takes a key in a transaction of the caller's own; it is free when that ends.</summary>
    /// <param name="transaction">An open transaction.</param>
    /// <param name="key">The key.</param>
    /// <param name="mode">Exclusive or shared.</param>
    /// <param name="patience">How long to wait; null for ever, zero not at all.</param>
    /// <param name="cancellationToken">Stops the waiting between two looks.</param>
    /// <exception cref="NotSupportedException">There are no transactions here.</exception>
    /// <exception cref="ArgumentException">The transaction is over, or on another database.</exception>
    Task<bool> TryLockInTransactionAsync(DbTransaction transaction, LockKey key, LockMode mode, TimeSpan? patience, CancellationToken cancellationToken);

    /// <summary>Reads all that is known of a group, for people. Needs no session, and keeps none busy.</summary>
    /// <param name="profile">Whose group, and how to connect.</param>
    /// <exception cref="CoordinationException">The place cannot be read now.</exception>
    Task<GroupFacts> SurveyAsync(MemberProfile profile);

    /// <summary>Connects again as the member that <see cref="JoinAsync"/> had made, after its connection broke.</summary>
    /// <param name="profile">Who we are.</param>
    /// <param name="memberNumber">Who we were.</param>
    /// <param name="seen">The newest view we know: a server that knows only older ones has lost history (a failover).</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="cancellationToken">Gives up; no session is left behind. The member is, until others judge it, unless it had come back by then.</param>
    /// <returns>A new session of the same member, or null when the group has gone on without it.</returns>
    Task<IBackendSession?> AttachAsync(
        MemberProfile profile, long memberNumber, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken);
}
