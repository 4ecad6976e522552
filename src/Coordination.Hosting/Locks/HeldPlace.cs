using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>A place of a lock with several holders that this process has.</summary>
/// <param name="Key">Its key at the server.</param>
/// <param name="Token">The number of the server's grant.</param>
/// <param name="GrantedAt">When that was (a timestamp).</param>
internal sealed record HeldPlace(LockKey Key, long Token, long GrantedAt)
{
    /// <summary>How many holders here have used the grant.</summary>
    public int Grants { get; set; }

    /// <summary>Who has it; null while it is on its way back to the server.</summary>
    public LockClaim? Holder { get; set; }

    /// <summary>Whose release is on the way to the server.</summary>
    public LockClaim? Releaser { get; set; }
}
