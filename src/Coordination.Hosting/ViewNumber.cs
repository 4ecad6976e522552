using System.Globalization;

namespace Coordination;

/// <summary>The number of a view: rises by one within an epoch; the epoch rises when the database itself lost history.</summary>
/// <param name="Epoch">The history of the database that the view belongs to.</param>
/// <param name="Number">The place in that history.</param>
public readonly record struct ViewNumber(long Epoch, long Number) : IComparable<ViewNumber>
{
    /// <inheritdoc/>
    public int CompareTo(ViewNumber other) => Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Number.CompareTo(other.Number);

    /// <summary>Whether the left view is older.</summary>
    /// <param name="left">A view number.</param>
    /// <param name="right">Another view number.</param>
    public static bool operator <(ViewNumber left, ViewNumber right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left view is newer.</summary>
    /// <param name="left">A view number.</param>
    /// <param name="right">Another view number.</param>
    public static bool operator >(ViewNumber left, ViewNumber right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left view is the right one or older.</summary>
    /// <param name="left">A view number.</param>
    /// <param name="right">Another view number.</param>
    public static bool operator <=(ViewNumber left, ViewNumber right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left view is the right one or newer.</summary>
    /// <param name="left">A view number.</param>
    /// <param name="right">Another view number.</param>
    public static bool operator >=(ViewNumber left, ViewNumber right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}.{Number}");
}
