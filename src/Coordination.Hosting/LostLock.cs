namespace Coordination;

/// <summary>A lock that was lost while it was held.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Token">The token of the grant that is over.</param>
/// <param name="At">When its holder was told, by this process's clock.</param>
/// <param name="Reason">Why.</param>
public sealed record LostLock(LockName Name, FencingToken Token, DateTimeOffset At, string Reason);
