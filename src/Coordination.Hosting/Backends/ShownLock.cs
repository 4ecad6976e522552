namespace Coordination.Backends;

/// <summary>A lock that some session shows.</summary>
/// <param name="SessionId">The session; the same text for all that it shows, another for every other session.</param>
/// <param name="IsOwn">Whether it is the session that asks.</param>
/// <param name="Group">The group of whoever shows it.</param>
/// <param name="MemberId">Whose session it is.</param>
/// <param name="Since">Since when it waits or holds, by the server's clock.</param>
/// <param name="Note">The lock.</param>
internal sealed record ShownLock(string SessionId, bool IsOwn, string Group, string MemberId, DateTimeOffset Since, LockNote Note);
