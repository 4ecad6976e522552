namespace Coordination;

/// <summary>A lock that is held.</summary>
/// <param name="Name">The name as its holder asked for it.</param>
/// <param name="Mode">How it is held.</param>
/// <param name="Group">The holder's group.</param>
/// <param name="Holder">The id of the member (or observer) that holds it.</param>
/// <param name="Since">Since when, by the server's clock.</param>
/// <param name="Token">The token of the grant.</param>
/// <param name="Reason">What the holder gave as its reason.</param>
/// <param name="Waiters">How many wait for it.</param>
public sealed record HeldLockReport(string Name, LockMode Mode, string Group, string Holder, DateTimeOffset Since, FencingToken Token, string? Reason, int Waiters);
