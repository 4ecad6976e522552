namespace Coordination.Benchmarks;

/// <summary>One line of the report.</summary>
/// <param name="Scenario">What was done.</param>
/// <param name="Unit">Of both values.</param>
/// <param name="Ours">The median of our rounds.</param>
internal sealed record Figure(string Scenario, string Unit, double Ours)
{
    public string? Rival { get; init; }

    public double? Theirs { get; init; }

    /// <summary>Ours over theirs, the median of the rounds' ratios.</summary>
    public double? Ratio { get; init; }

    public Target? Target { get; init; }

    /// <summary>Null when nothing was asked of it. A target is one of the ratio where there is a rival, and of the value where there is none.</summary>
    public bool? IsMet => Target?.IsMetBy(Ratio ?? Ours);
}
