using System.Globalization;

namespace Coordination.Benchmarks;

/// <summary>What a figure must reach.</summary>
/// <param name="Bound">The number.</param>
/// <param name="IsLeast">Whether more is better; otherwise the figure must stay at or below it.</param>
internal sealed record Target(double Bound, bool IsLeast)
{
    public static Target AtLeast(double bound) => new(bound, IsLeast: true);

    public static Target AtMost(double bound) => new(bound, IsLeast: false);

    /// <summary>False also for something that is not a number.</summary>
    public bool IsMetBy(double value) => IsLeast ? value >= Bound : value <= Bound;

    /// <inheritdoc/>
    public override string ToString() => $"{(IsLeast ? ">=" : "<=")} {Bound.ToString("#,0.##", CultureInfo.InvariantCulture)}";
}
