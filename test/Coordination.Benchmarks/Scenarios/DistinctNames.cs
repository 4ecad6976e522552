using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>Many callers, each with a name of its own: what one connection carries.</summary>
/// <param name="callers">How many.</param>
/// <param name="overPooled">What is asked of the ratio to a pooled connection per lock.</param>
internal sealed class DistinctNames(int callers, Target? overPooled = null) : IScenario
{
    /// <inheritdoc/>
    public string Name => $"distinct names, {callers} callers";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        await using var pooled = new PooledConnection(setting.Server.ConnectionString, resets: true);
        await using var pooledWithoutReset = new PooledConnection(setting.Server.ConnectionString, resets: false);
        IContender[] contenders = [setting.Ours, setting.Posted, pooled, pooledWithoutReset, .. Rivals.Libraries(setting.Server.ConnectionString)];
        var targets = LockTarget.Distinct(callers);
        var standings = await Contest.RunAsync(setting.Pace.BriefUnless(overPooled is not null), [.. contenders.Select(contender => Callers.Entry(contender, targets))]);
        var wanted = overPooled is null ? null : new Dictionary<string, Target> { [Rivals.Pooled] = overPooled };
        foreach (var figure in standings.Figures(Name, "pairs/s", ours: 2, wanted))
        {
            yield return figure;
        }

        if (overPooled is not null)
        {
            // Counted while the callers are at it.
            var load = Callers.RateAsync(setting.Ours, targets, setting.Pace.Turn);
            var connections = await setting.Server.CountConnectionsAsync(setting.Ours.Group);
            await load;
            yield return new Figure(Name, "connections", connections) { Target = Target.AtMost(1) };
        }
    }
}
