namespace Coordination;

/// <summary>A role that a member leads, or wants to lead.</summary>
/// <param name="Role">The role.</param>
/// <param name="Leader">The id of the member that leads it; null while nobody does.</param>
/// <param name="Since">Since when its lock is held, by the server's clock; null for about the first second of a term.</param>
/// <param name="Token">The token of the term.</param>
/// <param name="Candidates">The ids of those that have waited for it for longer than about a second, the first of them first.</param>
public sealed record RoleReport(string Role, string? Leader, DateTimeOffset? Since, FencingToken? Token, IReadOnlyList<string> Candidates);
