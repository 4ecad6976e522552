using Coordination.Benchmarks.Contenders;
using Coordination.Benchmarks.Workers;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>Processes with several callers each want the same name: how much work gets done, how fast the lock crosses from one to another, and who gets how much.</summary>
/// <param name="processes">How many.</param>
/// <param name="isRequired">Whether anything is asked of the figures.</param>
internal sealed class SeveralProcesses(int processes, bool isRequired = false) : IScenario
{
    private const int CallersEach = 8;
    private const double Median = 0.5;
    private const double Slow = 0.99;

    /// <summary>Four fresh processes on two processors need as long until their code has its final form, and nobody's hand-over is what it will be before.</summary>
    private static readonly TimeSpan Compiling = TimeSpan.FromSeconds(1.5);

    /// <inheritdoc/>
    public string Name => $"one name, {processes} processes x {CallersEach}";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        var staff = await setting.Staff.HireAsync(processes);
        var ours = new WorkerTeam("ours", staff.Ours, CallersEach);
        var pooled = new WorkerTeam(Rivals.Pooled, staff.Pooled, CallersEach);
        var pace = isRequired ? setting.Pace.WarmedUpFor(Compiling) : setting.Pace.BriefUnless(isAsked: false);
        var standings = await Contest.RunAsync(pace, ours.Entry, pooled.Entry);
        foreach (var figure in standings.Figures(Name, "pairs/s", targets: Wanted(Target.AtLeast(20)) is { } target ? new Dictionary<string, Target> { [Rivals.Pooled] = target } : null))
        {
            yield return figure;
        }

        yield return HandOver(ours, pooled, "p50", Median) with { Target = Wanted(Target.AtMost(1)) };
        yield return HandOver(ours, pooled, "p99", Slow);
        yield return new Figure($"{processes} processes, smallest share", "of equal", ours.SmallestShare)
        {
            Rival = pooled.Name,
            Theirs = pooled.SmallestShare,
            Target = Wanted(Target.AtLeast(0.8)),
        };
    }

    private Target? Wanted(Target target) => isRequired ? target : null;

    private Figure HandOver(WorkerTeam ours, WorkerTeam pooled, string label, double share)
    {
        var mine = Statistics.Percentile(ours.HandOvers, share);
        var theirs = Statistics.Percentile(pooled.HandOvers, share);
        return new Figure($"{processes} processes, hand-over {label}", "ms", mine) { Rival = pooled.Name, Theirs = theirs, Ratio = mine / theirs };
    }
}
