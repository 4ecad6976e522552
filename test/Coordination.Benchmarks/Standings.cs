namespace Coordination.Benchmarks;

/// <summary>What every entry reached in every round.</summary>
internal sealed class Standings(IReadOnlyList<Entry> entries, double[][] results)
{
    public int Count => entries.Count;

    public string Name(int entry) => entries[entry].Name;

    public double Median(int entry) => Statistics.Median(results[entry]);

    /// <summary>The median of the ratios of the rounds.</summary>
    public double Ratio(int one, int other) => Statistics.Median([.. results[one].Zip(results[other], static (mine, theirs) => mine / theirs)]);

    /// <summary>One figure per rival.</summary>
    /// <param name="scenario">What was done.</param>
    /// <param name="unit">Of the values.</param>
    /// <param name="ours">How many entries, the first ones, are ours.</param>
    /// <param name="targets">By the rivals' names; asked of the best of ours.</param>
    public IEnumerable<Figure> Figures(string scenario, string unit, int ours = 1, IReadOnlyDictionary<string, Target>? targets = null)
    {
        for (var mine = 0; mine < ours; mine++)
        {
            for (var rival = ours; rival < Count; rival++)
            {
                yield return new Figure(mine == 0 ? scenario : $"{scenario}, posted", unit, Median(mine))
                {
                    Rival = Name(rival),
                    Theirs = Median(rival),
                    Ratio = Ratio(mine, rival),
                    Target = mine == ours - 1 ? targets?.GetValueOrDefault(Name(rival)) : null,
                };
            }
        }
    }
}
