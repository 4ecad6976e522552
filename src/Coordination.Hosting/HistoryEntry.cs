namespace Coordination;

/// <summary>Something that happened to a member.</summary>
/// <param name="At">When, by the server's clock.</param>
/// <param name="View">The view that it made.</param>
/// <param name="Kind">What.</param>
/// <param name="MemberId">The member.</param>
/// <param name="MemberNumber">Its number.</param>
/// <param name="Reason">Why, in words, where somebody judged.</param>
/// <param name="Judge">The member that judged: its id, or its number when its id is not known any more; null when nobody else did.</param>
public sealed record HistoryEntry(DateTimeOffset At, ViewNumber View, MemberChangeKind Kind, string MemberId, long MemberNumber, string? Reason, string? Judge);
