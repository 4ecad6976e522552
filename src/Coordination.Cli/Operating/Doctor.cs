using System.Globalization;
using Coordination.Backends.Postgres;
using Coordination.Connecting;
using Coordination.Shell;

namespace Coordination.Operating;

/// <summary><c>check</c>: whether a group can live there, in words.</summary>
internal sealed class Doctor(Place place, Voice voice)
{
    private static readonly string[] Marks = ["ok  ", "warn", "FAIL"];

    private readonly List<Finding> _findings = [];

    /// <returns>0, also with warnings; 69 when nobody answers; 78 when something must be changed.</returns>
    public async Task<int> CheckAsync(CancellationToken cancellationToken)
    {
        var gate = Gate.To(place);
        await using var closing = gate.ConfigureAwait(false);
        var bench = new Bench(gate, place);
        if (bench.IsDatabase)
        {
            await CheckDatabaseAsync(bench).ConfigureAwait(false);
        }

        await CheckGroupAsync(gate, bench, cancellationToken).ConfigureAwait(false);
        foreach (var finding in _findings)
        {
            voice.Results.WriteLine($"{Marks[(int)finding.Verdict]}  {finding.Subject,-12}  {PlainText.Of(Secrets.Hide(finding.Text))}");
        }

        return _findings.Any(static finding => finding.Verdict is Verdict.Fault) ? ExitCodes.Configuration : ExitCodes.Success;
    }

    private async Task CheckDatabaseAsync(Bench bench)
    {
        // Who is not answered at all has one thing to mend, and it is said as by any other command.
        var (capacity, room, taken, trip, offset) = await bench.AskAsync("server", static database => database.Measure()).ConfigureAwait(false);
        _findings.Add(new Finding("server", Verdict.Good, $"PostgreSQL {capacity.Version} at {bench.Description}: a primary, {(place.AllowPooler is AllowPooler.None ? "no pooler in between" : "a pooler may be in between")}."));
        await TryAsync(bench, "locks", static database => database.CheckLocks(), "A lock of one session excludes the other.").ConfigureAwait(false);
        await TryAsync(bench, "schema", static database => database.CheckSchema(), $"'{bench.Schema}' has all that this version needs, and this role may use it.").ConfigureAwait(false);
        _findings.AddRange(Readings.Of(capacity, room, taken, trip, offset, place.LeaseTime));
    }

    private async Task TryAsync(Bench bench, string subject, Action<PostgresOperator> check, string good)
    {
        try
        {
            await bench.AskAsync(subject, database =>
            {
                check(database);
                return true;
            }).ConfigureAwait(false);
            _findings.Add(new Finding(subject, Verdict.Good, good));
        }
        catch (CoordinationConfigurationException e)
        {
            _findings.Add(new Finding(subject, Verdict.Fault, e.Message));
        }
    }

    private void CheckFolder(Bench bench)
    {
        if (!bench.IsDatabase)
        {
            _findings.Add(new Finding("folder", Verdict.Good, $"{bench.Description}: it can be written, and locks and shared memory are real there."));
        }
    }

    private async Task CheckGroupAsync(Gate gate, Bench bench, CancellationToken cancellationToken)
    {
        try
        {
            var report = await gate.ReadAsync(cancellationToken).ConfigureAwait(false);
            CheckFolder(bench);
            var overdue = report.Members.Where(member => report.ServerTime - member.LastHeartbeat > member.OverdueAfter).Select(static member => member.Member.Id).ToList();
            _findings.Add(overdue.Count == 0
                ? new Finding("group", Verdict.Good, string.Create(CultureInfo.InvariantCulture, $"'{report.Group}' has {report.Members.Count} members and {report.Observers.Count} observers, at view {report.View}."))
                : new Finding("group", Verdict.Warning, $"'{report.Group}' has members whose heartbeats are overdue: {string.Join(", ", overdue)}. See coordination history; one that is stuck can be evicted."));
        }
        catch (CoordinationUnavailableException e) when (e.IsUnknownGroup)
        {
            CheckFolder(bench);
            _findings.Add(new Finding("group", Verdict.Warning, e.Message));
        }
        catch (CoordinationConfigurationException e) when (_findings.Any(static finding => finding.Verdict is Verdict.Fault))
        {
            _findings.Add(new Finding("group", Verdict.Warning, $"It cannot be read until that is mended: {e.Message}"));
        }
    }
}
