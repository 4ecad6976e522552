using Coordination.Benchmarks.Workers;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>Many names that another process holds are waited for at once: what that costs in connections.</summary>
/// <param name="names">How many.</param>
internal sealed class Waiting(int names) : IScenario
{
    private const int DefaultMostWaiters = 8;
    private static readonly TimeSpan UntilAllWait = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public string Name => $"{names} waiters on {names} contended names";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        var holder = await WorkerProcess.StartAsync(Worker.Ours, setting.Server.Url);
        await holder.HoldAsync(names);
        var waiting = LockTarget.Distinct(names).Select(target => Task.Run(() => setting.Ours.PairAsync(target).AsTask())).ToList();
        await Task.Delay(UntilAllWait, TimeProvider.System);
        var connections = await setting.Server.CountConnectionsAsync(setting.Ours.Group);
        var released = TimeProvider.System.GetTimestamp();
        await holder.DisposeAsync();
        await Task.WhenAll(waiting);
        yield return new Figure(Name, "connections", connections) { Target = Target.AtMost(1 + DefaultMostWaiters) };
        yield return new Figure($"{Name}, until all had theirs", "ms", TimeProvider.System.GetElapsedTime(released).TotalMilliseconds);
    }
}
