namespace Coordination.Benchmarks;

/// <summary>Of samples. Pure.</summary>
internal static class Statistics
{
    public static double Median(ReadOnlySpan<double> samples) => Percentile(samples, 0.5);

    /// <summary>The sample below which that share of all samples lies; not a number when there is none.</summary>
    public static double Percentile(ReadOnlySpan<double> samples, double share)
    {
        if (samples.IsEmpty)
        {
            return double.NaN;
        }

        var sorted = samples.ToArray();
        Array.Sort(sorted);
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }
}
