using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>Holding many locks at once: how long taking them lasts, what it costs in connections, and what a further lock then costs.</summary>
/// <param name="names">How many.</param>
/// <param name="connectionsTarget">What is asked of the number of connections.</param>
/// <param name="timeTarget">What is asked of the time to take them, in milliseconds.</param>
internal sealed class Holding(int names, Target? connectionsTarget = null, Target? timeTarget = null) : IScenario
{
    private const int Takers = 64;
    private const int MostRounds = 5;

    /// <inheritdoc/>
    public string Name => $"holding {names:#,0} locks";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        var targets = LockTarget.Distinct(names + 1);
        var toHold = targets[..names];
        await TakeAsync(setting.Ours, toHold, static () => Task.CompletedTask); // not measured: compiles, and fills what is reused

        List<double> milliseconds = [];
        List<double> rates = [];
        var connections = 0L;
        for (var round = 0; round < Math.Min(setting.Pace.Rounds, MostRounds); round++)
        {
            var taken = await TakeAsync(setting.Ours, toHold, async () =>
            {
                connections = Math.Max(connections, await setting.Server.CountConnectionsAsync(setting.Ours.Group));
                rates.Add(await Callers.RateAsync(setting.Ours, [targets[names]], setting.Pace.Turn));
            });
            milliseconds.Add(taken.TotalMilliseconds);
        }

        yield return new Figure(Name, "ms to take", Statistics.Median([.. milliseconds])) { Target = timeTarget };
        yield return new Figure(Name, "connections", connections) { Target = connectionsTarget };
        yield return new Figure(Name, "pairs/s beside", Statistics.Median([.. rates]));
    }

    /// <summary>Takes all of them with some callers at a time, does something, and gives them back.</summary>
    /// <returns>How long the taking lasted.</returns>
    private static async Task<TimeSpan> TakeAsync(OurContender ours, LockTarget[] targets, Func<Task> whileHeld)
    {
        var handles = new ILockHandle[targets.Length];
        var start = TimeProvider.System.GetTimestamp();
        await InParallelAsync(targets.Length, async i => handles[i] = await ours.Locks.AcquireAsync(targets[i].Name));
        var elapsed = TimeProvider.System.GetElapsedTime(start);
        await whileHeld();
        await InParallelAsync(targets.Length, async i => await handles[i].DisposeAsync());
        return elapsed;
    }

    private static Task InParallelAsync(int count, Func<int, Task> work)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Takers).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                await work(i);
            }
        })));
    }
}
