using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>Bytes that one acquire and release leaves to the garbage collector.</summary>
/// <param name="callers">How many at once.</param>
internal sealed class Allocation(int callers) : IScenario
{
    /// <inheritdoc/>
    public string Name => $"allocated, {callers} callers";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        await using var pooled = new PooledConnection(setting.Server.ConnectionString, resets: true);
        var targets = LockTarget.Distinct(callers);
        var standings = await Contest.RunAsync(setting.Pace, Entry(setting.Ours, targets), Entry(pooled, targets));
        foreach (var figure in standings.Figures(Name, "bytes/pair"))
        {
            yield return figure;
        }

        yield return new Figure(Name, "bytes/pair", standings.Median(0)) { Target = Target.AtMost(450) };
    }

    private static Entry Entry(IContender contender, LockTarget[] targets) => new(contender.Name, async turn =>
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var start = TimeProvider.System.GetTimestamp();
        var rate = await Callers.RateAsync(contender, targets, turn);
        var pairs = rate * TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / pairs;
    });
}
