using Conductors.Roles;

namespace Conductors.Demo;

/// <summary>The judge where there is no database: the rules of <see cref="Checker"/>, on the lines of one file.</summary>
internal sealed class FolderChecker(string folder) : IChecker
{
    private const string Died = "died";

    private readonly HistoryFile _file = new(FolderNodeHistory.FileOf(folder));

    /// <inheritdoc/>
    public Task NoteDeathAsync(string conductor, CancellationToken cancellationToken) =>
        _file.AddAsync(_ => new HistoryRow(string.Empty, 0, conductor, Died, string.Empty));

    /// <inheritdoc/>
    public async Task<bool> IsWorkingAsync(string conductor, string node, CancellationToken cancellationToken) =>
        (await ReadAsync()).LastOrDefault(row => row.Node == node) is { Step: "begin" } last && last.Conductor == conductor;

    /// <inheritdoc/>
    public async Task<Judgement> JudgeAsync(CancellationToken cancellationToken) => Judge(await ReadAsync());

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Judgement Judge(IReadOnlyList<HistoryRow> rows)
    {
        var deaths = rows.Select((row, at) => (row, at)).Where(one => one.row.Step == Died).GroupBy(one => one.row.Conductor).ToDictionary(one => one.Key, one => one.Min(death => death.at));
        var work = rows.Select((row, at) => (Row: row, At: at)).Where(one => one.Row.Step != Died).ToList();
        var (faults, late, takenOver) = (new List<string>(), 0, 0);
        foreach (var node in work.GroupBy(one => one.Row.Node))
        {
            HistoryRow? prior = null;
            var highest = 0L;
            var isLastBegun = false;
            foreach (var (row, at) in node)
            {
                if (deaths.TryGetValue(row.Conductor, out var died) && died < at && row.Token < highest)
                {
                    late++; // of a dead process that had sent it before: its token made it harmless
                    continue;
                }

                if (Fault(row, prior, highest, by => deaths.TryGetValue(by, out var its) && its < at) is { } fault)
                {
                    faults.Add($"node {row.Node}: {fault}");
                }

                takenOver += row.Step is "begin" && prior is { Step: "begin" } && deaths.ContainsKey(prior.Conductor) ? 1 : 0;
                highest = row.Step is "begin" ? Math.Max(highest, row.Token) : highest;
                (prior, isLastBegun) = (row, row.Step is "begin");
            }

            if (isLastBegun && !deaths.ContainsKey(prior!.Conductor))
            {
                faults.Add($"node {prior.Node}: {prior.Conductor} began (token {prior.Token}) and never ended");
            }
        }

        return new Judgement(work.Count(one => one.Row.Step is "begin"), work.Select(one => one.Row.Conductor).Distinct().Count(), takenOver, late, faults);
    }

    private static string? Fault(HistoryRow row, HistoryRow? prior, long highest, Predicate<string> wasDead) => row.Step switch
    {
        "refused" => $"a write of {row.Conductor} with token {row.Token} was refused, a newer holder has written",
        "begin" when prior is { Step: "begin" } && !wasDead(prior.Conductor) => $"{row.Conductor} began (token {row.Token}) while {prior.Conductor} held it (token {prior.Token})",
        "begin" when row.Token <= highest => $"{row.Conductor} began with token {row.Token}, which is not above {highest}",
        "end" when prior is not { Step: "begin" } || prior.Token != row.Token || prior.Conductor != row.Conductor => $"{row.Conductor} ended (token {row.Token}) what it did not hold any more",
        _ => null,
    };

    private async Task<IReadOnlyList<HistoryRow>> ReadAsync() => (await _file.AddAsync(static _ => null)).Before;
}
