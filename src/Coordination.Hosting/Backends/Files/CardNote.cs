namespace Coordination.Backends.Files;

/// <summary>One lock that a session shows.</summary>
/// <param name="Since">Since when it waits or holds.</param>
/// <param name="Note">The lock.</param>
internal sealed record CardNote(DateTimeOffset Since, LockNote Note);
