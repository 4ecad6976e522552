using System.Globalization;
using System.Runtime.InteropServices;
using Coordination.Benchmarks.Contenders;
using Coordination.Benchmarks.Scenarios;
using Coordination.Benchmarks.Servers;
using Coordination.Benchmarks.Workers;

namespace Coordination.Benchmarks;

/// <summary>The whole run: one server, one host with the library, one scenario after the other.</summary>
internal static class BenchmarkRun
{
    private const int Passed = 0;
    private const int Failed = 1;

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(BenchmarkArguments arguments, Report report)
    {
        var start = TimeProvider.System.GetTimestamp();
        await using var server = await BenchmarkServer.FindAsync(arguments.Url);
        report.Say($"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}");
        report.Say(await server.DescribeAsync());
        report.Say($"load of the machine before: {await LoadAsync()}");
        report.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{arguments.Pace.Name}: {arguments.Pace.Rounds} rounds, {arguments.Pace.Turn.TotalMilliseconds} ms a turn, medians; the ratio is the median of the rounds' ratios"));
#if DEBUG
        report.Say("Built for Debug: these figures say nothing. Use -c Release.");
#endif
        report.Say(string.Empty);

        await using var ours = await OurContender.StartAsync(server.Url, "benchmarks");
        await using var posted = await OurContender.StartAsync(server.Url, "benchmarks-posted", posts: true);
        await using var staff = new WorkerStaff(server);
        var setting = new Setting(server, arguments.Pace, ours, posted, staff);

        // Everything compiled to its final form first: the runtime takes a second for that, and the first figure must not pay for all.
        await Callers.RateAsync(ours, LockTarget.Distinct(64), arguments.Pace.WarmUp * 2);
        await Callers.RateAsync(posted, LockTarget.Distinct(64), arguments.Pace.WarmUp * 2);
        report.Head();
        foreach (var scenario in Chosen(arguments.Only))
        {
            await foreach (var figure in scenario.RunAsync(setting))
            {
                report.Add(figure);
            }
        }

        report.Say(string.Empty);
        report.Say(string.Create(
            CultureInfo.InvariantCulture, $"{report.Missed} targets missed; the run took {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0} s."));
        return arguments.Check && report.Missed > 0 ? Failed : Passed;
    }

    /// <summary>A machine that is busy with something else makes every figure small, and ours most of all: two threads have to be woken for every answer.</summary>
    private static async Task<string> LoadAsync()
    {
        const string Linux = "/proc/loadavg";
        return File.Exists(Linux) ? (await File.ReadAllTextAsync(Linux)).Split(' ')[0] : "not known here";
    }

    private static List<IScenario> Chosen(string? only)
    {
        IScenario[] all =
        [
            new Sequential(),
            new FolderSequential(),
            new DistinctNames(4),
            new DistinctNames(16),
            new DistinctNames(64, Target.AtLeast(20)),
            new DistinctNames(256, Target.AtLeast(28)),
            new OneName(2),
            new OneName(8),
            new OneName(32, Target.AtLeast(30)),
            new SeveralProcesses(2),
            new SeveralProcesses(4, isRequired: true),
            new Holding(100),
            new Holding(1_000),
            new Holding(5_000, Target.AtMost(3), Target.AtMost(150)),
            new Waiting(200),
            new Zipfian(processes: 1),
            new Zipfian(processes: 2),
            new KilledHolder(),
            new Allocation(64),
            new Processor(64),
            new EndpointLock(),
        ];
        var chosen = all.Where(scenario => only is null || scenario.Name.Contains(only, StringComparison.OrdinalIgnoreCase)).ToList();
        return chosen.Count > 0
            ? chosen
            : throw new ArgumentException($"No scenario's name contains '{only}'. There are: {string.Join("; ", all.Select(static scenario => scenario.Name))}.");
    }
}
