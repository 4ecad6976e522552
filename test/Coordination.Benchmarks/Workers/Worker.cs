using System.Globalization;
using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks.Workers;

/// <summary>
/// The other side of <see cref="WorkerProcess"/>: a process with callers on one name, told by lines on its input what to do.
/// It ends when its input ends, and so never outlives the process that started it.
/// </summary>
internal static class Worker
{
    public const string Ready = "ready";
    public const string Ours = "ours";
    public const string Pooled = "pooled";

    private const string Group = "benchmark-workers";

    /// <summary>Callers in one process; what the scenario's name says.</summary>
    public const int CallersEach = 8;

    /// <param name="kind">Who locks.</param>
    /// <param name="url">The server.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string kind, string url)
    {
        await using IContender contender = kind == Ours
            ? await OurContender.StartAsync(url, Group)
            : new PooledConnection(url, resets: true);
        var targets = Enumerable.Repeat(LockTarget.Distinct(1)[0], CallersEach).ToArray();
        var holds = new HoldLog();
        await Console.Out.WriteLineAsync(Ready);
        while (await Console.In.ReadLineAsync() is { } order)
        {
            var words = order.Split(' ', 2); // milliseconds, then the path of the log
            holds.Clear();
            var rate = await Callers.RateAsync(contender, targets, TimeSpan.FromMilliseconds(double.Parse(words[0], CultureInfo.InvariantCulture)), holds);
            await holds.WriteAsync(words[1]);
            await Console.Out.WriteLineAsync(rate.ToString("R", CultureInfo.InvariantCulture));
        }

        return 0;
    }
}
