namespace Coordination.Backends.Postgres;

/// <summary>What one row of a lock batch asks for, as the number that stands in the statement: one bit each for what differs.</summary>
internal static class LockOperation
{
    /// <summary>How many there are, counted from 0.</summary>
    public const int Count = 8;

    private const int Shared = 1;
    private const int Unlock = 2;
    private const int Pair = 4;

    public static int Of(LockKey key, LockMode mode, bool isRelease) =>
        (mode is LockMode.Shared ? Shared : 0) | (isRelease ? Unlock : 0) | (key.IsPair ? Pair : 0);

    public static bool IsShared(int operation) => (operation & Shared) != 0;

    public static bool IsUnlock(int operation) => (operation & Unlock) != 0;

    /// <summary>Whether the second one asks again for what the first one gives back.</summary>
    public static bool IsAgain(int first, int second) => !IsUnlock(second) && first == (second | Unlock);

    public static bool IsPair(int operation) => (operation & Pair) != 0;
}
