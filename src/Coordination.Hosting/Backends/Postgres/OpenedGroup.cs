namespace Coordination.Backends.Postgres;

/// <summary>What entering a group brings.</summary>
/// <param name="MemberNumber">Our number; 0 for an observer.</param>
/// <param name="SessionNumber">The number of this session among those of the member.</param>
/// <param name="Epoch">The history of the database, for fencing tokens.</param>
/// <param name="Group">The group, this member included.</param>
internal sealed record OpenedGroup(long MemberNumber, int SessionNumber, long Epoch, GroupSnapshot Group);
