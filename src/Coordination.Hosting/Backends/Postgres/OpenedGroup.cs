namespace Coordination.Backends.Postgres;

/// <summary>What a session has after it entered the group.</summary>
/// <param name="Witness">Who it is now.</param>
/// <param name="Epoch">The history of the database, for tokens; holds for the session's life, because whatever ends a history ends all sessions.</param>
/// <param name="Group">The group as it was found.</param>
internal sealed record OpenedGroup(WitnessId Witness, long Epoch, GroupSnapshot Group);
