namespace Coordination;

/// <summary>How a lock name becomes a key of the server.</summary>
public enum KeyFormat
{
    /// <summary>The first 8 bytes of a SHA-256: two names share a key about never.</summary>
    Default = 0,

    /// <summary>The key that OpenStack's tooz takes for the name. It has 16 bits: among 302 names two share a key with a chance of one half.</summary>
    Tooz = 1,

    /// <summary>The key that madelson/DistributedLock takes for the name.</summary>
    DistributedLock = 2,
}
