using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.Benchmarks.Members;

/// <summary>What a group costs as it grows: joining, being idle, losing one member after the other. On a server of its own, set up for it.</summary>
internal static class MembersRun
{
    public const string Word = "members";

    public const string Usage =
        """
        Measures groups of many members: joining at once, idle, killed one by one.

          dotnet run -c Release --project test/Coordination.Benchmarks -- members [SIZE…] [joins] [written]

          SIZE     how many members, by default 10, 50, 100 and 200
          joins    joining only
          written  every heartbeat is written (HeartbeatMode.Written), not one in twelve (Sparse)
        """;

    private const int Kills = 8;

    private const string Columns = "| {0,7} | {1,8} | {2,12} | {3,11} | {4,11} | {5,10} | {6,12} | {7,11} | {8,10} | {9,10} | {10,8} | {11,8} | {12,8} | {13,8} |";

    /// <summary>A sparse heartbeat is written every 30 s: two of each member.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    /// <summary>Longer than the grace, and until the heartbeats after the last view are written: before that nobody may accuse.</summary>
    private static readonly TimeSpan UntilIdle = TimeSpan.FromSeconds(6);

    public static async Task<int> RunAsync(ReadOnlyMemory<string> words, TextWriter output)
    {
        var mode = HeartbeatMode.Sparse;
        var joinsOnly = false;
        List<int> sizes = [];
        foreach (var word in words.Span)
        {
            if (word == "written")
            {
                mode = HeartbeatMode.Written;
            }
            else if (word == "joins")
            {
                joinsOnly = true;
            }
            else
            {
                sizes.Add(int.TryParse(word, CultureInfo.InvariantCulture, out var size) && size is > 1 and <= 1000
                    ? size
                    : throw new ArgumentException($"'{word}' is not understood: a size is 2 to 1000.{Environment.NewLine}{Environment.NewLine}{Usage}"));
            }
        }

        var binaries = await LocalBinaries.FindAsync() ?? throw new InvalidOperationException($"No PostgreSQL 14 or later to measure on. {LocalBinaries.HowToInstall}");
        await output.WriteLineAsync($"{Environment.ProcessorCount} processors, PostgreSQL {binaries.Version}, heartbeats {mode}, lease 10 s, idle for {Idle.TotalSeconds} s, {Kills} kills");
        Line(output, "members", "joined s", "seen by all s", "server s", "members s", "statements", "statements/s", "WAL B/s", "server CPU", "member CPU", "kill p50", "p95", "max ms", "first");
        Line(output, "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:");
        foreach (var size in sizes.Count > 0 ? sizes : [10, 50, 100, 200])
        {
            await MeasureAsync(size, mode, joinsOnly, binaries, output);
        }

        await output.WriteLineAsync("Statements, WAL and CPU (ms of one processor) are for one member and second; kill is from SIGKILL to a survivor's view, over all survivors; first is p50 of the first to see.");
        return 0;
    }

    private static async Task MeasureAsync(int members, HeartbeatMode mode, bool joinsOnly, LocalBinaries binaries, TextWriter output)
    {
        // Two connections each, and a few of our own. Every backend needs the language of our functions: loaded once, it is there in all of them.
        await using var server = await PrivateCluster.StartNewAsync(
            binaries, $"max_connections={(2 * members) + 50}", "shared_preload_libraries='plpgsql'", "autovacuum=off", "checkpoint_timeout=1h");
        var (fleet, join) = await MemberFleet.StartAsync(members, Math.Min(Kills, members - 1), "fleet", mode, server.Address);
        await using (fleet)
        {
            string[] joining = [Text(members), Text(join.Joined), Text(join.Seen), Text(join.ServerProcessor), Text(join.OwnProcessor), Text(join.Transactions / members)];
            if (joinsOnly)
            {
                Line(output, [.. joining, .. Enumerable.Repeat(string.Empty, 8)]);
                return;
            }

            await server.Address.ExecuteAsync("checkpoint");
            await Task.Delay(UntilIdle, TimeProvider.System);
            var (before, own, start) = (await ServerUse.ReadAsync(server.Address), await fleet.ProcessorAsync(), TimeProvider.System.GetTimestamp());
            await Task.Delay(Idle, TimeProvider.System);
            var (after, ownAfter) = (await ServerUse.ReadAsync(server.Address), await fleet.ProcessorAsync());
            var share = members * TimeProvider.System.GetElapsedTime(start).TotalSeconds;

            List<double> latencies = [];
            List<double> first = [];
            while (await fleet.KillOneAsync() is { Length: > 0 } milliseconds)
            {
                latencies.AddRange(milliseconds);
                first.Add(milliseconds.Min());
            }

            double[] all = [.. latencies];
            Line(output, [
                .. joining, Text((after.Transactions - before.Transactions) / share), Text((after.WalBytes - before.WalBytes) / share),
                Text((after.ProcessorMilliseconds - before.ProcessorMilliseconds) / share), Text((ownAfter - own) / share),
                Text(Statistics.Median(all)), Text(Statistics.Percentile(all, 0.95)), Text(all.Max()), Text(Statistics.Median([.. first]))]);
        }
    }

    private static string Text(double value) => value.ToString(value >= 100 ? "#,0" : "0.##", CultureInfo.InvariantCulture);

    private static void Line(TextWriter output, params string[] cells) => output.WriteLine(string.Format(CultureInfo.InvariantCulture, Columns, cells));
}
