using Coordination.Benchmarks.Contenders;
using Coordination.Benchmarks.Workers;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>Processes with several callers each want the same name: how much work gets done, and how fast the lock crosses from one to another.</summary>
/// <param name="processes">How many.</param>
internal sealed class SeveralProcesses(int processes) : IScenario
{
    private const int CallersEach = 8;
    private const double Median = 0.5;
    private const double Slow = 0.99;

    /// <inheritdoc/>
    public string Name => $"one name, {processes} processes x {CallersEach}";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        await using var ours = new WorkerTeam("ours");
        await using var pooled = new WorkerTeam(Rivals.Pooled);
        await ours.StartAsync(processes, CallersEach, Worker.Ours, setting.Server.Url);
        await pooled.StartAsync(processes, CallersEach, Worker.Pooled, setting.Server.ConnectionString);
        var standings = await Contest.RunAsync(setting.Pace, ours.Entry, pooled.Entry);
        foreach (var figure in standings.Figures(Name, "pairs/s"))
        {
            yield return figure;
        }

        yield return HandOver(ours, pooled, "p50", Median);
        yield return HandOver(ours, pooled, "p99", Slow);
    }

    private Figure HandOver(WorkerTeam ours, WorkerTeam pooled, string label, double share)
    {
        var mine = Statistics.Percentile(ours.HandOvers, share);
        var theirs = Statistics.Percentile(pooled.HandOvers, share);
        return new Figure($"{processes} processes, hand-over {label}", "ms", mine) { Rival = pooled.Name, Theirs = theirs, Ratio = mine / theirs };
    }
}
