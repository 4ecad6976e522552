namespace Coordination.Backends;

/// <summary>One change of one view, as it was written down.</summary>
/// <param name="At">By the server's clock.</param>
/// <param name="View">The view that it made.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Id">To whom.</param>
/// <param name="Number">The number of that member.</param>
/// <param name="Status">What it was then.</param>
/// <param name="Notes">The library's own part of its metadata then.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">The number of who caused it; null when nobody did.</param>
internal sealed record HistoryFact(
    DateTimeOffset At, ViewNumber View, MemberChangeKind Kind, string Id, long Number, MemberStatus Status, IReadOnlyDictionary<string, string> Notes, string? Reason, long? By);
