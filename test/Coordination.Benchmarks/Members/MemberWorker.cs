using System.Diagnostics;
using System.Globalization;

namespace Coordination.Benchmarks.Members;

/// <summary>
/// The other side of <see cref="MemberProcess"/>: a process with members, told by lines on its input what to do.
/// It ends when its input ends, and so never outlives the process that started it.
/// </summary>
internal static class MemberWorker
{
    public const string Word = "member-worker";
    public const string Ready = "ready";

    /// <summary>All join; says who they are.</summary>
    public const string Join = "join";

    /// <summary>Says when each first saw a view of so many members.</summary>
    public const string Count = "count";

    /// <summary>Says when each first saw the death of that member.</summary>
    public const string Bury = "bury";

    /// <summary>Says how much processor time this process has used, in milliseconds.</summary>
    public const string Processor = "processor";

    /// <param name="members">How many.</param>
    /// <param name="group">Of which group.</param>
    /// <param name="mode">What their heartbeats write.</param>
    /// <param name="url">The server.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(int members, string group, HeartbeatMode mode, string url)
    {
        await WarmUpAsync(url, group, mode);
        var hosts = Enumerable.Range(0, members).Select(_ => new MemberHost(url, group, mode)).ToArray();
        await Console.Out.WriteLineAsync(Ready);
        while (await Console.In.ReadLineAsync() is { } order)
        {
            var words = order.Split(' ', 2);
            await Console.Out.WriteLineAsync(words[0] switch
            {
                Join => await JoinAsync(hosts),
                Count => await TellAsync(hosts, host => host.CountsAsync(int.Parse(words[1], CultureInfo.InvariantCulture))),
                Bury => await TellAsync(hosts, host => host.BuriesAsync(words[1])),
                Processor => ProcessorTime(),
                _ => throw new InvalidOperationException($"Unknown order '{order}'."),
            });
        }

        await Task.WhenAll(hosts.Select(host => host.DisposeAsync().AsTask()));
        return 0;
    }

    /// <summary>Some members of another group join, see each other and leave: what is measured then is members, and not the compiling of what they run.</summary>
    private static async Task WarmUpAsync(string url, string group, HeartbeatMode mode)
    {
        const int Some = 4;
        var name = string.Create(CultureInfo.InvariantCulture, $"{group}-{Environment.ProcessId}");
        var hosts = Enumerable.Range(0, Some).Select(_ => new MemberHost(url, name, mode)).ToArray();
        foreach (var host in hosts)
        {
            await host.JoinAsync();
        }

        await Task.WhenAll(hosts.Select(host => host.CountsAsync(Some)));
        await Task.WhenAll(hosts.Select(host => host.DisposeAsync().AsTask()));
    }

    private static async Task<string> JoinAsync(MemberHost[] hosts)
    {
        await Task.WhenAll(hosts.Select(host => Task.Run(host.JoinAsync)));
        return string.Join(' ', hosts.Select(host => host.Id));
    }

    private static async Task<string> TellAsync(MemberHost[] hosts, Func<MemberHost, Task<long>> when) =>
        string.Join(' ', (await Task.WhenAll(hosts.Select(when))).Select(at => at.ToString(CultureInfo.InvariantCulture)));

    private static string ProcessorTime()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalMilliseconds.ToString("R", CultureInfo.InvariantCulture);
    }
}
