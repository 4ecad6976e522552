using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>One caller, one name, nobody else: what a lock costs at least.</summary>
internal sealed class Sequential : IScenario
{
    private static readonly Dictionary<string, Target> Targets = new()
    {
        [Rivals.Kept] = Target.AtLeast(0.95),
        [Rivals.Pooled] = Target.AtLeast(1.7),
    };

    /// <summary>
    /// One caller's pairs take another way through the code than those of many, and until the runtime has compiled it to its final form it is
    /// slower than the little around a bare connection: 0.71 to 0.94 times its pairs after a quarter of a second, 0.90 to 1.08 without tiers.
    /// </summary>
    private static readonly TimeSpan Compiling = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public string Name => "sequential";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        await using var kept = await KeptConnection.OpenAsync(setting.Server.ConnectionString);
        await using var pooled = new PooledConnection(setting.Server.ConnectionString, resets: true);
        await using var pooledWithoutReset = new PooledConnection(setting.Server.ConnectionString, resets: false);
        IContender[] contenders = [setting.Ours, setting.Posted, kept, pooled, pooledWithoutReset, .. Rivals.Libraries(setting.Server.ConnectionString)];
        var target = LockTarget.Distinct(1);
        var standings = await Contest.RunAsync(setting.Pace.Oftener(3).WarmedUpFor(Compiling), [.. contenders.Select(contender => Callers.Entry(contender, target))]);
        foreach (var figure in standings.Figures(Name, "pairs/s", ours: 2, Targets))
        {
            yield return figure;
        }
    }
}
