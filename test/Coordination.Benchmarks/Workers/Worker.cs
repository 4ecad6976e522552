using System.Globalization;
using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks.Workers;

/// <summary>
/// The other side of <see cref="WorkerProcess"/>: a process with callers, told by lines on its input what to do.
/// It ends when its input ends, and so never outlives the process that started it.
/// </summary>
internal static class Worker
{
    public const string Ready = "ready";
    public const string Ours = "ours";
    public const string Pooled = "pooled";

    /// <summary>For some milliseconds, so many callers lock so many names; the log of holds goes to a file.</summary>
    public const string Lock = "lock";

    /// <summary>For some milliseconds, so many callers serve requests, each for one of so many names.</summary>
    public const string Serve = "serve";

    /// <summary>Takes so many names and keeps them.</summary>
    public const string Hold = "hold";

    /// <summary>Waits for the first name, says when it came, and gives it back.</summary>
    public const string Wait = "wait";

    private const string Group = "benchmark-workers";

    /// <param name="kind">Who locks.</param>
    /// <param name="url">The server.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string kind, string url)
    {
        await using IContender contender = kind == Ours
            ? await OurContender.StartAsync(url, Group)
            : new PooledConnection(url, resets: true);
        await Console.Out.WriteLineAsync(Ready);
        while (await Console.In.ReadLineAsync() is { } order)
        {
            var words = order.Split(' ', 5);
            await Console.Out.WriteLineAsync(words[0] switch
            {
                Lock => await LockAsync(contender, Count(words[2]), Count(words[3]), Milliseconds(words[1]), words[4]),
                Serve => Text(await Requests.RateAsync(contender, Count(words[2]), Count(words[3]), Milliseconds(words[1]))),
                Hold => await HoldAsync(contender, Count(words[1])),
                Wait => await WaitAsync(contender),
                _ => throw new InvalidOperationException($"Unknown order '{order}'."),
            });
        }

        return 0;
    }

    private static async Task<string> LockAsync(IContender contender, int callers, int names, TimeSpan turn, string path)
    {
        var distinct = LockTarget.Distinct(names);
        var targets = Enumerable.Range(0, callers).Select(caller => distinct[caller % names]).ToArray();
        var holds = names == 1 ? new HoldLog() : null; // one holder at a time is what makes a log of holds
        var rate = await Callers.RateAsync(contender, targets, turn, holds);
        if (holds is not null)
        {
            await holds.WriteAsync(path);
        }

        return Text(rate);
    }

    private static async Task<string> HoldAsync(IContender contender, int count)
    {
        foreach (var target in LockTarget.Distinct(count))
        {
            Kept.Add(await contender.TakeAsync(target));
        }

        return Ready;
    }

    private static async Task<string> WaitAsync(IContender contender)
    {
        await using (await contender.TakeAsync(LockTarget.Distinct(1)[0]))
        {
            return HoldLog.Now().ToString(CultureInfo.InvariantCulture);
        }
    }

    private static List<IAsyncDisposable> Kept { get; } = [];

    private static TimeSpan Milliseconds(string word) => TimeSpan.FromMilliseconds(double.Parse(word, CultureInfo.InvariantCulture));

    private static int Count(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
