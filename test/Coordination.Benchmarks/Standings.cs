namespace Coordination.Benchmarks;

/// <summary>What every entry reached in every round; the first entry is ours.</summary>
internal sealed class Standings(IReadOnlyList<Entry> entries, double[][] results)
{
    public const int Ours = 0;

    public int Count => entries.Count;

    public string Name(int entry) => entries[entry].Name;

    public double Median(int entry) => Statistics.Median(results[entry]);

    /// <summary>The median of the ratios of the rounds.</summary>
    public double OursOver(int rival) => Statistics.Median([.. results[Ours].Zip(results[rival], static (ours, theirs) => ours / theirs)]);

    /// <summary>One figure per rival; the targets by the rivals' names.</summary>
    public IEnumerable<Figure> Figures(string scenario, string unit, IReadOnlyDictionary<string, Target>? targets = null)
    {
        for (var rival = 1; rival < Count; rival++)
        {
            yield return new Figure(scenario, unit, Median(Ours))
            {
                Rival = Name(rival),
                Theirs = Median(rival),
                Ratio = OursOver(rival),
                Target = targets?.GetValueOrDefault(Name(rival)),
            };
        }
    }
}
