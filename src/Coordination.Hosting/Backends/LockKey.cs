namespace Coordination.Backends;

/// <summary>The final bits of a lock: what the server arbitrates. Two names with equal bits exclude each other.</summary>
/// <param name="Bits">One bigint, or two ints (the first in the high half).</param>
/// <param name="IsPair">Two ints: a key space of its own.</param>
internal readonly record struct LockKey(long Bits, bool IsPair) : IComparable<LockKey>
{
    public static LockKey Single(long bits) => new(bits, IsPair: false);

    public static LockKey Pair(int high, int low) => new(((long)high << 32) | (uint)low, IsPair: true);

    public int High => (int)(Bits >> 32);

    public int Low => (int)Bits;

    /// <inheritdoc/>
    public int CompareTo(LockKey other) => IsPair != other.IsPair ? IsPair.CompareTo(other.IsPair) : Bits.CompareTo(other.Bits);
}
