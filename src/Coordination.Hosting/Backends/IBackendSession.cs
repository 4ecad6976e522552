namespace Coordination.Backends;

/// <summary>One connection's life: holds the member's own key and its locks, and beats by itself until it ends.</summary>
/// <remarks>
/// Its locks live exactly as long as it does. Nothing here retries: when the session is over, it is over, and
/// <see cref="ISessionEvents.Ended"/> has been called once. Disposing drops the connection at once, without a farewell,
/// and never waits for the network; calls that wait for an answer then fail, also one that the server has before it.
/// </remarks>
internal interface IBackendSession : IAsyncDisposable
{
    /// <summary>The member's number; 0 for an observer.</summary>
    long MemberNumber { get; }

    /// <summary>The server's name for the session (PostgreSQL: the backend's pid), for people.</summary>
    int ProcessId { get; }

    /// <summary>How many keys one process may hold or ask for at a time.</summary>
    int MostLocks { get; }

    /// <summary>The group as the session found it when it opened, this member included.</summary>
    GroupSnapshot Opening { get; }

    /// <summary>When the request was sent whose answer opened the lease.</summary>
    Moment OpenedAt { get; }

    /// <summary>
    /// Hands a lock command to the server. Returns at once; <see cref="LockCommand.Complete"/> is called later, on a thread of
    /// the session, unless the session ends first. Commands that are posted together share one round trip.
    /// </summary>
    /// <remarks>
    /// The caller never has two commands for one key under way, because advisory locks are re-entrant and a second request would be
    /// counted; but for a try that is posted after the session said that it has the release before it (<see cref="LockCommand.IsQueued"/>).
    /// </remarks>
    void Post(LockCommand command);

    /// <summary>Hands several lock commands to the server, in one round trip as far as one can carry them.</summary>
    /// <inheritdoc cref="Post(LockCommand)" path="/remarks"/>
    void Post(IReadOnlyList<LockCommand> commands)
    {
        foreach (var command in commands)
        {
            Post(command);
        }
    }

    /// <summary>
    /// Waits until this process holds the key, fairly among the processes of the server, without keeping the session itself busy.
    /// The key may then live on a connection of its own, to which its release must be posted.
    /// </summary>
    /// <returns>The grant; or null when cancelled, and then the key is not held. What is awaited goes on at once, on a thread that must not be kept.</returns>
    Task<LockGrant?> WaitAsync(LockKey key, LockMode mode, CancellationToken cancellationToken);

    /// <summary>A new token for a key that is held shared here, so that more may share it; null when somebody waits for the key.</summary>
    Task<long?> TryExtendAsync(LockKey key);

    /// <summary>For how many holders others use a name at this moment.</summary>
    /// <param name="key">The name's own key; held by somebody, it is an ordinary lock, for one holder.</param>
    /// <param name="places">The keys of its places; as many as it may have holders.</param>
    /// <returns>Their number, or 0 when nobody disagrees with ours.</returns>
    Task<int> CheckPlacesAsync(LockKey key, IReadOnlyList<LockKey> places);

    /// <summary>Takes one of the places if one is free; null when none is. It is given back like any key.</summary>
    /// <param name="key">The name's own key, at which the processes stand in line.</param>
    /// <param name="places">Their keys; none of them is held or asked for by this session.</param>
    Task<PlaceGrant?> TakePlaceAsync(LockKey key, IReadOnlyList<LockKey> places);

    /// <summary>Waits until one of the places is free, fairly among the processes of the server, and takes it for the session.</summary>
    /// <param name="key">The name's own key, at which the processes stand in line.</param>
    /// <param name="places">The keys of those places that this session neither holds nor is giving back; asked again and again, by other threads.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>The grant; or null when cancelled.</returns>
    Task<PlaceGrant?> WaitForPlaceAsync(LockKey key, Func<IReadOnlyList<LockKey>> places, CancellationToken cancellationToken);

    /// <summary>Lets the others see what this session holds or waits for, until it says that it is gone, or ends.</summary>
    /// <param name="shown">New, or changed since it was shown.</param>
    /// <param name="gone">The ids of those to show no more.</param>
    Task ShowAsync(IReadOnlyList<LockNote> shown, IReadOnlyList<long> gone);

    /// <summary>Lets the others know which locks this process lost. They stay known when it has gone.</summary>
    /// <param name="lost">The oldest first.</param>
    Task TellLostAsync(IReadOnlyList<LostNote> lost);

    /// <summary>What the living sessions show.</summary>
    /// <param name="onlyDeadlocks">Only those that wait while their flow holds something: the ones that can be part of a deadlock.</param>
    Task<IReadOnlyList<ShownLock>> ReadShownAsync(bool onlyDeadlocks);

    /// <summary>Who holds a key, and how many wait for it.</summary>
    Task<LockInspection> InspectAsync(LockKey key);

    /// <summary>Beats now, out of turn. The answer also goes to <see cref="ISessionEvents.Beaten"/>.</summary>
    Task<BeatAnswer> BeatAsync();

    /// <summary>The whole group in one statement.</summary>
    Task<GroupSnapshot> ReadGroupAsync();

    /// <summary>Every change after a view, in order, or null when the server does not remember that far back (read the group instead).</summary>
    Task<IReadOnlyList<ViewChanges>?> ReadChangesAsync(ViewNumber after);

    /// <summary>Publishes a new url and metadata as a view.</summary>
    Task UpdateAsync(Uri? url, IReadOnlyDictionary<string, string> metadata);

    /// <summary>Tells the group that this member takes no new work.</summary>
    Task MarkLeavingAsync();

    /// <summary>Leaves the group; the session ends with it, and so do the locks it still holds.</summary>
    Task LeaveAsync();
}
