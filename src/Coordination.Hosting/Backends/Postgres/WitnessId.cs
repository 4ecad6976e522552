namespace Coordination.Backends.Postgres;

/// <summary>In whose name verdicts are asked for.</summary>
/// <param name="Group">The group's number in our tables.</param>
/// <param name="Member">The member; 0 for an observer.</param>
/// <param name="Session">The how-manieth session of the member it is; 0 for an observer.</param>
internal sealed record WitnessId(long Group, int Member, int Session);
