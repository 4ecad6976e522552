namespace Conductors.Roles;

/// <summary>One line of the history.</summary>
/// <param name="Node">The node.</param>
/// <param name="Token">The fencing token of the lock it was written under.</param>
/// <param name="Conductor">Who wrote it.</param>
/// <param name="Step">begin, end, refused; or died, which the demo writes before a kill.</param>
/// <param name="State">The node after it.</param>
internal sealed record HistoryRow(string Node, long Token, string Conductor, string Step, string State);
