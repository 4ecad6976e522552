namespace Coordination.Backends;

/// <summary>The group at one instant, read in one statement.</summary>
/// <param name="View">Its number.</param>
/// <param name="Members">The living, in order of their numbers.</param>
internal sealed record GroupSnapshot(ViewNumber View, IReadOnlyList<Member> Members);
