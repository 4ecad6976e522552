using System.Globalization;

namespace Coordination;

/// <summary>
/// The number of one grant of a lock. Every later grant of the same name has a greater number, failovers of the
/// database included. Only tokens of one name are in order: grants of different names may have the same. Hand it to
/// whatever the holder writes to and refuse smaller ones there: then a holder that was paused beyond its lease cannot
/// overwrite its successor's work.
/// </summary>
/// <param name="Value">The number; it fits into a bigint column.</param>
public readonly record struct FencingToken(long Value) : IComparable<FencingToken>
{
    /// <inheritdoc/>
    public int CompareTo(FencingToken other) => Value.CompareTo(other.Value);

    /// <summary>Whether the left grant came before the right one.</summary>
    /// <param name="left">A token.</param>
    /// <param name="right">Another token.</param>
    public static bool operator <(FencingToken left, FencingToken right) => left.Value < right.Value;

    /// <summary>Whether the left grant came after the right one.</summary>
    /// <param name="left">A token.</param>
    /// <param name="right">Another token.</param>
    public static bool operator >(FencingToken left, FencingToken right) => left.Value > right.Value;

    /// <summary>Whether the left grant is the right one or came before it.</summary>
    /// <param name="left">A token.</param>
    /// <param name="right">Another token.</param>
    public static bool operator <=(FencingToken left, FencingToken right) => left.Value <= right.Value;

    /// <summary>Whether the left grant is the right one or came after it.</summary>
    /// <param name="left">A token.</param>
    /// <param name="right">Another token.</param>
    public static bool operator >=(FencingToken left, FencingToken right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
