namespace Coordination.Benchmarks.Workers;

/// <summary>Processes that want the same locks.</summary>
/// <param name="name">Who they are.</param>
/// <param name="workers">The processes.</param>
/// <param name="callers">How many callers each has.</param>
/// <param name="names">How many names they share out among themselves.</param>
internal sealed class WorkerTeam(string name, IReadOnlyList<WorkerProcess> workers, int callers, int names = 1)
{
    private readonly List<double> _handOvers = [];
    private readonly double[] _pairs = new double[workers.Count];

    public string Name => name;

    public Entry Entry => new(name, RunAsync);

    /// <summary>Of all turns: from the release in one process to the grant in another, in milliseconds.</summary>
    public double[] HandOvers => [.. _handOvers];

    /// <summary>What the process that got least got of an equal share, over all turns; 1 is perfectly fair.</summary>
    public double SmallestShare => _pairs.Min() / _pairs.Average();

    /// <summary>They serve requests instead.</summary>
    public Entry ServingEntry => new(name, async turn => (await Task.WhenAll(workers.Select(worker => worker.ServeAsync(turn, callers, names)))).Sum());

    private async Task<double> RunAsync(TimeSpan turn)
    {
        var results = await Task.WhenAll(workers.Select(worker => worker.RunAsync(turn, callers, names)));
        _handOvers.AddRange(Benchmarks.HandOvers.Between([.. results.Select(static result => result.Holds)]));
        for (var i = 0; i < results.Length; i++)
        {
            _pairs[i] += results[i].Rate * turn.TotalSeconds;
        }

        return results.Sum(static result => result.Rate);
    }
}
