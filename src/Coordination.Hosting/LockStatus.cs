namespace Coordination;

/// <summary>What is known of a lock at one instant. For people: by the time it is read it may be different, so it decides nothing.</summary>
/// <param name="IsHeld">Whether anybody holds it.</param>
/// <param name="Holder">The id of a member (or observer) that holds it; null when nobody does, or when the holder is no program of this library.</param>
/// <param name="Since">Since when, by the server's clock; null when it is not held, or held by another process for less than about a second.</param>
/// <param name="Waiters">How many wait for it: processes that stand in the server's queue, and callers that have waited for more than about a second.</param>
public sealed record LockStatus(bool IsHeld, string? Holder, DateTimeOffset? Since, int Waiters);
