namespace Coordination;

/// <summary>Leaders of named roles: for each role at most one member of the group leads at an instant.</summary>
/// <remarks>
/// A term is guarded by a lock of the role's own, which no lock name can meet, and by the group's view: whoever is granted the lock
/// begins when no other member shows the role any more. So a leader that lost its connection has been told, or is out of the
/// group, before another begins.
/// </remarks>
public interface ILeaderElection
{
    /// <summary>Waits until this member leads the role.</summary>
    /// <remarks>
    /// Among those who wait, the lowest <c>rank</c> (metadata, 0 when absent) goes first, and those of equal rank first come, first served. Nobody is
    /// put out of the role for a lower rank. A degraded member (<see cref="CoordinationOptions.Degraded"/>) waits until it is no more.
    /// Several campaigns of one process for one role take turns.
    /// </remarks>
    /// <param name="role">The role, the same text in all members: 1 to 200 characters, none of them a control character.</param>
    /// <param name="cancellationToken">Stops the waiting; a cancelled call never yields a term.</param>
    /// <returns>The term. Dispose it to resign.</returns>
    /// <exception cref="ArgumentException">No role, or one that is too long or has a control character.</exception>
    /// <exception cref="CoordinationConfigurationException">This process only observes the group; only members can lead.</exception>
    /// <exception cref="CoordinationUnavailableException">Not started, stopping, stopped, or the backend is away.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<ILeaderTerm> CampaignAsync(string role, CancellationToken cancellationToken = default);

    /// <summary>Asks the server who leads the role. Observers may.</summary>
    /// <param name="role">The role.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>The member as the newest view shows it; null when nobody leads.</returns>
    /// <exception cref="ArgumentException">No role, or one that is too long or has a control character.</exception>
    /// <exception cref="CoordinationUnavailableException">Not started, stopped, or the backend is away.</exception>
    ValueTask<Member?> GetLeaderAsync(string role, CancellationToken cancellationToken = default);

    /// <summary>Who leads the role now, then every change: another member, another term of the same one, or nobody (null). Observers may.</summary>
    /// <remarks>It follows the views: the same order everywhere. A slow reader may miss terms in between, never the newest.</remarks>
    /// <param name="role">The role.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>Leaders without an end; the first one comes with the first view.</returns>
    /// <exception cref="ArgumentException">No role, or one that is too long or has a control character.</exception>
    IAsyncEnumerable<Member?> WatchAsync(string role, CancellationToken cancellationToken = default);
}
