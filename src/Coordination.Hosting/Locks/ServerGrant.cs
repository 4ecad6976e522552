using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>One grant of the server and how many holders have used it, each with a token of its own.</summary>
internal struct ServerGrant(long token, long now)
{
    private readonly long _token = token;

    /// <summary>When it was granted.</summary>
    public long GrantedAt { get; } = now;

    /// <summary>How many holders have used it.</summary>
    public int Holders { get; private set; }

    /// <summary>Whether one more may.</summary>
    public readonly bool Allows(LockMode mode, TimeProvider time, long now) => HandOver.Allows(mode, Holders, time.GetElapsedTime(GrantedAt, now));

    /// <summary>One more does.</summary>
    public void Give(LockClaim claim, HomeLease? home, long now) => claim.Grant(_token + Holders++, home, now);
}
