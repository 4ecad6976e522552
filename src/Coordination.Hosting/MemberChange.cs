namespace Coordination;

/// <summary>What happened to one member.</summary>
/// <param name="Kind">What.</param>
/// <param name="Member">The member, as it was or became.</param>
/// <param name="Reason">Why, in words, where somebody judged; else null.</param>
public sealed record MemberChange(MemberChangeKind Kind, Member Member, string? Reason);
