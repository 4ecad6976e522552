namespace Coordination.Backends.Postgres;

/// <summary>What a session has after it entered the group.</summary>
/// <param name="MemberNumber">Its member; 0 for an observer.</param>
/// <param name="SessionNumber">The how-manieth session of the member it is; 0 for an observer.</param>
/// <param name="Epoch">The history of the database, for tokens; holds for the session's life, because whatever ends a history ends all sessions.</param>
/// <param name="Group">The group as it was found.</param>
internal sealed record OpenedGroup(long MemberNumber, int SessionNumber, long Epoch, GroupSnapshot Group);
