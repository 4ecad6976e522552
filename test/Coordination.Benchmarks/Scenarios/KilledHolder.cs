using Coordination.Benchmarks.Contenders;
using Coordination.Benchmarks.Workers;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>A holder is killed while a caller in another process waits: how long until that one has the lock.</summary>
internal sealed class KilledHolder : IScenario
{
    private static readonly TimeSpan UntilTheyWait = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public string Name => "kill -9 of the holder to next owner";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        await setting.Staff.DismissAsync(); // members that only look on would wake at each death as well
        List<double> ours = [];
        List<double> pooled = [];
        await using (var ourWaiter = await WorkerProcess.StartAsync(Worker.Ours, setting.Server.Url))
        await using (var theirWaiter = await WorkerProcess.StartAsync(Worker.Pooled, setting.Server.ConnectionString))
        {
            for (var round = 0; round < setting.Pace.Kills; round++)
            {
                // Both start and wait at the same time, which is most of a round; each is killed when the other is done.
                var ourStart = WorkerProcess.StartAsync(Worker.Ours, setting.Server.Url);
                var theirStart = WorkerProcess.StartAsync(Worker.Pooled, setting.Server.ConnectionString);
                await using var ourHolder = await ourStart;
                await using var theirHolder = await theirStart;
                var ourGrant = await WaitAsync(ourHolder, ourWaiter);
                var theirGrant = await WaitAsync(theirHolder, theirWaiter);
                await Task.Delay(UntilTheyWait, TimeProvider.System);
                ours.Add(await KillAsync(ourHolder, ourGrant));
                pooled.Add(await KillAsync(theirHolder, theirGrant));
            }
        }

        var (mine, theirs) = (Statistics.Median([.. ours]), Statistics.Median([.. pooled]));
        yield return new Figure(Name, "p50 ms", mine) { Rival = Rivals.Pooled, Theirs = theirs, Ratio = mine / theirs, Target = Target.AtMost(1.5) };
        yield return new Figure($"{Name}, max of {ours.Count}", "ms", ours.Max()) { Target = Target.AtMost(100) };
        yield return new Figure($"{Name}, rival's max", "ms", pooled.Max());
    }

    /// <returns>When the waiter has what the holder holds, once it does.</returns>
    private static async Task<Task<long>> WaitAsync(WorkerProcess holder, WorkerProcess waiter)
    {
        await holder.HoldAsync(1);
        return waiter.WaitAsync();
    }

    /// <returns>Milliseconds from the kill to the grant.</returns>
    private static async Task<double> KillAsync(WorkerProcess holder, Task<long> grant)
    {
        var killed = holder.Kill();
        return TimeProvider.System.GetElapsedTime(killed, await grant).TotalMilliseconds;
    }
}
