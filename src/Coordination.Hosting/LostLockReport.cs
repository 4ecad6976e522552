namespace Coordination;

/// <summary>A lock that a member lost while it held it.</summary>
/// <param name="Name">The name as its holder asked for it.</param>
/// <param name="Token">The token of the grant that is over.</param>
/// <param name="Holder">The id of the member (or observer) that held it.</param>
/// <param name="At">When the holder was told, by the server's clock.</param>
/// <param name="Reason">Why.</param>
public sealed record LostLockReport(string Name, FencingToken Token, string Holder, DateTimeOffset At, string Reason);
