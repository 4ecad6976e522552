namespace Coordination.Backends.Files;

/// <summary>What made one view.</summary>
/// <param name="View">Its number.</param>
/// <param name="At">When it was judged.</param>
/// <param name="By">The number of the member that judged; null when nobody did.</param>
/// <param name="Changes">What is different.</param>
internal sealed record ViewEntry(long View, DateTimeOffset At, long? By, IReadOnlyList<MemberChange> Changes);
