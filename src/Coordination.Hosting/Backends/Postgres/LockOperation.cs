namespace Coordination.Backends.Postgres;

/// <summary>What one row of a lock batch asks for; the numbers stand in the statement.</summary>
internal static class LockOperation
{
    public const int TryExclusive = 0;
    public const int TryShared = 1;
    public const int UnlockExclusive = 2;
    public const int UnlockShared = 3;

    /// <summary>Added for a key of two ints.</summary>
    public const int Pair = 4;

    public static int Of(LockKey key, LockMode mode, bool isRelease) =>
        (isRelease ? UnlockExclusive : TryExclusive) + (mode is LockMode.Shared ? 1 : 0) + (key.IsPair ? Pair : 0);
}
