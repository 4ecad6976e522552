namespace Coordination;

/// <summary>Somebody who waits for a lock.</summary>
/// <param name="Name">The name as it was asked for.</param>
/// <param name="Mode">How it is wanted.</param>
/// <param name="Group">The waiter's group.</param>
/// <param name="Waiter">The id of the member (or observer) that waits.</param>
/// <param name="Since">Since when, by the server's clock.</param>
/// <param name="Reason">What the waiter gave as its reason.</param>
/// <param name="BlockedBy">The ids of those that hold it; empty when they have held it for less than a second, or are no program of this library.</param>
public sealed record LockWaitReport(string Name, LockMode Mode, string Group, string Waiter, DateTimeOffset Since, string? Reason, IReadOnlyList<string> BlockedBy);
