namespace Coordination.Sessions;

/// <summary>The lease at one instant, for the health check.</summary>
/// <param name="State">Where we stand.</param>
/// <param name="LeaseRemaining">What is left of the lease; null when there is none.</param>
/// <param name="HeartbeatAge">How long ago the last answered beat was sent; null when none was.</param>
/// <param name="SessionPid">The server's name for our session; 0 when there is none.</param>
/// <param name="Reconnects">How often the connection was made again since the start.</param>
/// <param name="MostLocks">How many locks this process may hold; 0 when there is no session.</param>
/// <param name="LastError">What the last failed attempt said; null while connected.</param>
internal sealed record LeaseReport(
    MembershipState State,
    TimeSpan? LeaseRemaining,
    TimeSpan? HeartbeatAge,
    int SessionPid,
    int Reconnects,
    int MostLocks,
    string? LastError);
