namespace Coordination;

/// <summary>
/// What people want to see of a group: who is in it, who holds what, who waits for whom, what happened. For pages and tools: it is of some moment
/// ago when it is read, so it decides nothing.
/// </summary>
public interface ICoordinationInspector
{
    /// <summary>This process at this instant. No I/O, any thread; also while the backend is away.</summary>
    SelfReport Self { get; }

    /// <summary>Reads the group from the backend, in one statement on a connection of its own: neither heartbeats nor locks wait for it.</summary>
    /// <remarks>
    /// All callers of a process share one reading a second, so what comes back may be a second old. The connection is opened with the first
    /// call, and closed when nobody has asked for 5 seconds (half of the lease time, if that is shorter).
    /// </remarks>
    /// <param name="cancellationToken">Stops the waiting of this caller.</param>
    /// <returns>The group as the server has it.</returns>
    /// <exception cref="CoordinationUnavailableException">The backend is away; the message says what it said.</exception>
    /// <exception cref="CoordinationConfigurationException">Trying again will not help: the backend or its schema is not as it must be.</exception>
    ValueTask<GroupReport> ReadAsync(CancellationToken cancellationToken = default);
}
