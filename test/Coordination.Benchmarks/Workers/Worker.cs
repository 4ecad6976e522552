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

    /// <param name="kind">Who locks.</param>
    /// <param name="callers">How many callers it has.</param>
    /// <param name="names">How many names they share out among themselves.</param>
    /// <param name="url">The server.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string kind, int callers, int names, string url)
    {
        await using IContender contender = kind == Ours
            ? await OurContender.StartAsync(url, Group)
            : new PooledConnection(url, resets: true);
        var distinct = LockTarget.Distinct(names);
        var targets = Enumerable.Range(0, callers).Select(caller => distinct[caller % names]).ToArray();
        var holds = names == 1 ? new HoldLog() : null; // one holder at a time is what makes a log of holds
        await Console.Out.WriteLineAsync(Ready);
        while (await Console.In.ReadLineAsync() is { } order)
        {
            var words = order.Split(' ', 2); // milliseconds, then the path of the log
            var turn = TimeSpan.FromMilliseconds(double.Parse(words[0], CultureInfo.InvariantCulture));
            holds?.Clear();
            var rate = await Callers.RateAsync(contender, targets, turn, holds);
            if (holds is not null)
            {
                await holds.WriteAsync(words[1]);
            }

            await Console.Out.WriteLineAsync(rate.ToString("R", CultureInfo.InvariantCulture));
        }

        return 0;
    }
}
