using Microsoft.AspNetCore.Http;

namespace Coordination;

/// <summary>How an endpoint asks for its lock, and what it answers when it does not get it.</summary>
/// <remarks>The locks of one endpoint are taken together, all or none, so they must have the same options. Checked when the host starts.</remarks>
public sealed class RequireLockOptions
{
    /// <summary>
    /// How long a request waits for the lock. Null: it does not wait, and a lock that is held gives <see cref="BusyStatusCode"/>. A time: after it the
    /// answer is 503. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: as long as the client does.
    /// </summary>
    /// <value>Null by default; otherwise 0 (the same as null) to <see cref="int.MaxValue"/> milliseconds, or infinite.</value>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Exclusive (the default) or shared.</summary>
    public LockMode Mode { get; set; }

    /// <summary>How many requests may hold the lock at a time, over all processes.</summary>
    /// <value>1 by default; 1 to 1,000. More than one goes with <see cref="LockMode.Exclusive"/> only.</value>
    public int MaxHolders { get; set; } = 1;

    /// <summary>The status of the answer when the lock is held and the request does not wait.</summary>
    /// <value>409 (Conflict) by default; 423 (Locked) is the other usual one. 400 to 599.</value>
    public int BusyStatusCode { get; set; } = StatusCodes.Status409Conflict;

    /// <summary>What the header Retry-After tells the client of a request that did not get the lock.</summary>
    /// <value>1 second by default; sent in whole seconds, rounded up. Not negative.</value>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The name of a response header that carries the lock's fencing token; null (the default): none does.</summary>
    public string? TokenHeader { get; set; }

    /// <summary>The key of the membership whose locks are used, as given to <c>AddKeyedCoordination</c>; null (the default): that of <c>AddCoordination</c>.</summary>
    public string? Key { get; set; }
}
