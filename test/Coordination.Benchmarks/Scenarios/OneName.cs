using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>All callers of one process want the same name.</summary>
/// <param name="callers">How many.</param>
/// <param name="overPooled">What is asked of the ratio to a pooled connection per lock.</param>
internal sealed class OneName(int callers, Target? overPooled = null) : IScenario
{
    /// <inheritdoc/>
    public string Name => $"one name, {callers} callers";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        await using var pooled = new PooledConnection(setting.Server.ConnectionString, resets: true);
        var targets = Enumerable.Repeat(LockTarget.Distinct(1)[0], callers).ToArray();
        IContender[] contenders = [setting.Ours, pooled, .. Rivals.Libraries(setting.Server.ConnectionString)];
        var standings = await Contest.RunAsync(setting.Pace.BriefUnless(overPooled is not null), [.. contenders.Select(contender => Callers.Entry(contender, targets))]);
        foreach (var figure in standings.Figures(Name, "pairs/s", targets: overPooled is null ? null : new Dictionary<string, Target> { [Rivals.Pooled] = overPooled }))
        {
            yield return figure;
        }
    }
}
