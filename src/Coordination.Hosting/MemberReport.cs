namespace Coordination;

/// <summary>A member as the backend has it.</summary>
/// <param name="Member">The member.</param>
/// <param name="LastHeartbeat">The last heartbeat that was written, by the server's clock. A living member may write one only every few heartbeats.</param>
/// <param name="LeaseTime">How long the server keeps it without hearing from it.</param>
/// <param name="OverdueAfter">How old its last heartbeat may look: the lease, and more for a member that writes few of its heartbeats.</param>
/// <param name="IsLeader">Whether it leads the group.</param>
/// <param name="Locks">How many locks it has held for longer than about a second.</param>
/// <param name="Waits">How many locks it has waited for, for longer than about a second.</param>
/// <param name="Connections">How many connections it has to the server.</param>
public sealed record MemberReport(
    Member Member, DateTimeOffset LastHeartbeat, TimeSpan LeaseTime, TimeSpan OverdueAfter, bool IsLeader, int Locks, int Waits, int Connections);
