namespace Coordination.Benchmarks.Contenders;

/// <summary>What the report calls them.</summary>
internal static class Rivals
{
    public const string Kept = "bare kept connection";
    public const string Pooled = "pooled connection per lock";
    public const string PooledWithoutReset = "pooled connection per lock, no reset";
    public const string DistributedLock = "DistributedLock.Postgres";

    /// <summary>Libraries that were compiled in.</summary>
    public static IEnumerable<IContender> Libraries(string connectionString)
    {
#if DISTRIBUTED_LOCK
        yield return new DistributedLockLibrary(connectionString);
#else
        _ = connectionString;
        yield break;
#endif
    }
}
