namespace Coordination;

/// <summary>The group this process belongs to: who is in it, and this process's own place.</summary>
public interface IGroupMembership
{
    /// <summary>The name of the group.</summary>
    string Group { get; }

    /// <summary>Where this process stands. Compared with a clock at every look: a process that was frozen sees <see cref="MembershipState.Lost"/> at once.</summary>
    MembershipState State { get; }

    /// <summary>This process as the current view shows it; null for an observer and outside the group.</summary>
    Member? Self { get; }

    /// <summary>The last view that has arrived: no I/O, any thread; <see cref="GroupView.Empty"/> before the first.</summary>
    GroupView Current { get; }

    /// <summary>Fires when this incarnation is out of the group; after a new join there is a new token.</summary>
    CancellationToken Lost { get; }

    /// <summary>Asks the server for the newest view and publishes it.</summary>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>The newest view.</returns>
    /// <exception cref="CoordinationUnavailableException">Not started, stopped, or the backend is away.</exception>
    ValueTask<GroupView> RefreshAsync(CancellationToken cancellationToken = default);

    /// <summary>The current view, then every later one in order. A slow reader may get one view marked <see cref="GroupView.IsReset"/> instead of many.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>Views without an end.</returns>
    IAsyncEnumerable<GroupView> WatchAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces what this member tells about itself.</summary>
    /// <param name="metadata">
    /// All of it; what is missing is removed. Keys that begin with <c>coordination.</c> are the library's own and stay as they are, whatever is
    /// given for them: what a view shows can be changed and handed back.
    /// </param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>When a view with it is published.</returns>
    /// <exception cref="ArgumentException">Over 8,192 bytes in all, a NUL character in it, or a <c>weight</c> that is none.</exception>
    /// <exception cref="CoordinationUnavailableException">Not a member now.</exception>
    ValueTask UpdateMetadataAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken = default);

    /// <summary>Joins the group, creating it when it is missing. The hosted service calls it; calling it again is harmless.</summary>
    /// <param name="cancellationToken">Stops the waiting, and the attempt if nothing else asked for it.</param>
    /// <returns>When this process is a member (or observes).</returns>
    /// <exception cref="CoordinationConfigurationException">A setting, a privilege or the server is not as it must be.</exception>
    ValueTask JoinAsync(CancellationToken cancellationToken = default);

    /// <summary>Releases every lock and leaves the group. The hosted service calls it; calling it again, or without having joined, is harmless.</summary>
    /// <param name="cancellationToken">Bounds the farewell: when it fires, the connection is dropped without one.</param>
    /// <returns>When this process is out.</returns>
    ValueTask LeaveAsync(CancellationToken cancellationToken = default);
}
