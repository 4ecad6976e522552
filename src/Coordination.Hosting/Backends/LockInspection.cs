namespace Coordination.Backends;

/// <summary>What the server says of one key at one instant.</summary>
/// <param name="IsHeld">Whether anybody holds it.</param>
/// <param name="Holder">The id of a member (or observer) that holds it; null when nobody does, or when the server does not tell whose session it is.</param>
/// <param name="Since">Since when, by the server's clock; null when it is not shown yet.</param>
/// <param name="Waiters">How many processes wait for it at the server.</param>
internal sealed record LockInspection(bool IsHeld, string? Holder, DateTimeOffset? Since, int Waiters);
