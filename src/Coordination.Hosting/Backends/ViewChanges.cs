namespace Coordination.Backends;

/// <summary>What made one view out of the one before.</summary>
/// <param name="View">The number of the new view.</param>
/// <param name="Changes">In the order in which they were judged; each shows the member as it became (or was, if it went).</param>
internal sealed record ViewChanges(ViewNumber View, IReadOnlyList<MemberChange> Changes);
