namespace Coordination.Benchmarks;

/// <summary>One lock, as we call it and as the rivals do.</summary>
/// <param name="Name">Ours.</param>
/// <param name="Key">Theirs; far from any key of ours only in the sense that 64 bits are many.</param>
internal sealed record LockTarget(string Name, long Key)
{
    private const long FirstKey = 0x00BE_4C40_0000_0000;

    /// <summary>As many different ones.</summary>
    public static LockTarget[] Distinct(int count) => [.. Enumerable.Range(0, count).Select(static i => new LockTarget($"benchmark-{i}", FirstKey + i))];
}
