using Coordination.Benchmarks.Contenders;
using Coordination.Benchmarks.Workers;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>What a web service does: 64 requests at a time, each holds a lock for a millisecond; of 10,000 names some are wanted often.</summary>
/// <param name="processes">How many share the requests.</param>
internal sealed class Zipfian(int processes) : IScenario
{
    private const int Requests = 64;
    private const int Names = 10_000;

    /// <inheritdoc/>
    public string Name => $"Zipfian names, {processes} x {Requests / processes} requests";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        var staff = await setting.Staff.HireAsync(processes);
        var ours = new WorkerTeam("ours", staff.Ours, Requests / processes, Names);
        var pooled = new WorkerTeam(Rivals.Pooled, staff.Pooled, Requests / processes, Names);
        var standings = await Contest.RunAsync(setting.Pace, ours.ServingEntry, pooled.ServingEntry);
        foreach (var figure in standings.Figures(Name, "req/s"))
        {
            yield return figure;
        }
    }
}
