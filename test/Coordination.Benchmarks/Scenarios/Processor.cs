using System.Diagnostics;
using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>Processor time of the calling process for one acquire and release.</summary>
/// <param name="callers">How many at once.</param>
internal sealed class Processor(int callers) : IScenario
{
    /// <inheritdoc/>
    public string Name => $"processor time, {callers} callers";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        await using var pooled = new PooledConnection(setting.Server.ConnectionString, resets: true);
        var targets = LockTarget.Distinct(callers);
        var standings = await Contest.RunAsync(setting.Pace.BriefUnless(isAsked: false), Entry(setting.Ours, targets), Entry(pooled, targets));
        foreach (var figure in standings.Figures(Name, "us/pair"))
        {
            yield return figure;
        }
    }

    private static Entry Entry(IContender contender, LockTarget[] targets) => new(contender.Name, async turn =>
    {
        using var self = Process.GetCurrentProcess();
        var before = self.TotalProcessorTime;
        var start = TimeProvider.System.GetTimestamp();
        var rate = await Callers.RateAsync(contender, targets, turn);
        var pairs = rate * TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        self.Refresh();
        return (self.TotalProcessorTime - before).TotalMicroseconds / pairs;
    });
}
