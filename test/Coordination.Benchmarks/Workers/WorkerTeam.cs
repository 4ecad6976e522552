namespace Coordination.Benchmarks.Workers;

/// <summary>Processes that want one lock.</summary>
internal sealed class WorkerTeam(string name) : IAsyncDisposable
{
    private readonly List<WorkerProcess> _workers = [];
    private readonly List<double> _handOvers = [];

    public string Name => name;

    public Entry Entry => new(name, RunAsync);

    /// <summary>Of all turns: from the release in one process to the grant in another, in milliseconds.</summary>
    public double[] HandOvers => [.. _handOvers];

    public async Task StartAsync(int processes, int callers, string kind, string url)
    {
        for (var i = 0; i < processes; i++)
        {
            _workers.Add(await WorkerProcess.StartAsync(kind, callers, url));
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
        return results.Sum(static result => result.Rate);
    }
}
