namespace Coordination.Backends.Postgres;

/// <summary>What one row of a lock batch asks for, as the number that stands in the statement: one bit each for what differs.</summary>
internal static class LockOperation
{
    /// <summary>One more than the largest that stands alone.</summary>
    public const int Count = 16;

    /// <summary>No key's: the fence number of all that the rows before were granted.</summary>
    public const int Draw = 16;

    private const int Shared = 1;
    private const int Unlock = 2;
    private const int Pair = 4;
    private const int Again = 8;

    /// <summary>All of them, those that programs ask for most first: the server compares from the front, and each comparison is a tenth of a row's time.</summary>
    public static IReadOnlyList<int> All { get; } =
        [Again, 0, Unlock, Again | Shared, Shared, Unlock | Shared, Again | Pair, Pair, Unlock | Pair, Again | Shared | Pair, Shared | Pair, Unlock | Shared | Pair];

    public static int Of(LockKey key, LockMode mode, bool isRelease) =>
        (mode is LockMode.Shared ? Shared : 0) | (isRelease ? Unlock : 0) | (key.IsPair ? Pair : 0);

    public static bool IsShared(int operation) => (operation & Shared) != 0;

    public static bool IsUnlock(int operation) => (operation & Unlock) != 0;

    /// <summary>Whether it is an unlock and a try of the same key.</summary>
    public static bool IsAgain(int operation) => (operation & Again) != 0;

    public static bool IsPair(int operation) => (operation & Pair) != 0;

    /// <summary>An unlock and a try behind it as one; null when the second does not ask again for what the first gives back.</summary>
    public static int? Join(int first, int second) => !IsUnlock(second) && first == (second | Unlock) ? second | Again : null;
}
