namespace Coordination.Benchmarks.Workers;

/// <summary>Processes that want one lock.</summary>
internal sealed class WorkerTeam(string name) : IAsyncDisposable
{
    private readonly List<WorkerProcess> _workers = [];
    private readonly List<double> _handOvers = [];
    private double[] _pairs = [];

    public string Name => name;

    public Entry Entry => new(name, RunAsync);

    /// <summary>Of all turns: from the release in one process to the grant in another, in milliseconds.</summary>
    public double[] HandOvers => [.. _handOvers];

    /// <summary>What the process that got least got of an equal share, over all turns; 1 is perfectly fair.</summary>
    public double SmallestShare => _pairs.Min() / _pairs.Average();

    /// <summary>They serve requests instead.</summary>
    public Entry ServingEntry => new(name, async turn => (await Task.WhenAll(_workers.Select(worker => worker.ServeAsync(turn)))).Sum());

    public async Task StartAsync(int processes, int callers, string kind, string url, int names = 1)
    {
        _pairs = new double[processes];
        var starting = Enumerable.Range(0, processes).Select(_ => WorkerProcess.StartAsync(kind, callers, names, url)).ToList();
        foreach (var start in starting)
        {
            _workers.Add(await start);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }
    }

    private async Task<double> RunAsync(TimeSpan turn)
    {
        var results = await Task.WhenAll(_workers.Select(worker => worker.RunAsync(turn)));
        _handOvers.AddRange(Benchmarks.HandOvers.Between([.. results.Select(static result => result.Holds)]));
        for (var i = 0; i < results.Length; i++)
        {
            _pairs[i] += results[i].Rate * turn.TotalSeconds;
        }

        return results.Sum(static result => result.Rate);
    }
}
