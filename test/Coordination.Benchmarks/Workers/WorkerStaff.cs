using Coordination.Benchmarks.Servers;

namespace Coordination.Benchmarks.Workers;

/// <summary>Worker processes that the scenarios share: to start one and to compile its code takes longer than most measurements.</summary>
internal sealed class WorkerStaff(BenchmarkServer server) : IAsyncDisposable
{
    private readonly List<WorkerProcess> _ours = [];
    private readonly List<WorkerProcess> _pooled = [];

    /// <summary>So many of each kind.</summary>
    public async Task<(IReadOnlyList<WorkerProcess> Ours, IReadOnlyList<WorkerProcess> Pooled)> HireAsync(int count)
    {
        await Task.WhenAll(FillAsync(_ours, count, Worker.Ours, server.Url), FillAsync(_pooled, count, Worker.Pooled, server.ConnectionString));
        return (_ours[..count], _pooled[..count]);
    }

    /// <summary>Sends all of them home.</summary>
    public async Task DismissAsync()
    {
        await Task.WhenAll(_ours.Concat(_pooled).Select(static worker => worker.DisposeAsync().AsTask()));
        _ours.Clear();
        _pooled.Clear();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await DismissAsync();

    private static async Task FillAsync(List<WorkerProcess> workers, int count, string kind, string url)
    {
        var starting = Enumerable.Range(workers.Count, Math.Max(0, count - workers.Count)).Select(_ => WorkerProcess.StartAsync(kind, url)).ToList();
        foreach (var start in starting)
        {
            workers.Add(await start);
        }
    }
}
