using System.Globalization;

namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>All that the processes of a group said about what they saw, and what was done to them. Times are seconds of one clock.</summary>
/// <param name="Lease">The lease of every member.</param>
/// <param name="Grace">Its grace.</param>
internal sealed record History(double Lease, double Grace)
{
    public IReadOnlyList<ProcessLife> Lives { get; init; } = [];

    public IReadOnlyList<Strike> Strikes { get; init; } = [];

    public IReadOnlyList<SeenView> Views { get; init; } = [];

    public IReadOnlyList<Tenure> Tenures { get; init; } = [];

    /// <summary>What happened between two moments, in order, a line each.</summary>
    public string Around(double from, double to)
    {
        List<(double At, string Who, string What)> lines =
        [
            .. Lives.Select(life => (life.From, life.Process, "has joined")),
            .. Lives.Select(life => (life.To, life.Process, "ends")),
            .. Strikes.Select(strike => (strike.From, strike.Member ?? "database", strike.ToString())),
            .. Views.Select(view => (view.At, view.Process, view.ToString())),
            .. Tenures.Select(tenure => (tenure.From, tenure.Process, tenure.ToString())),
        ];
        return string.Join('\n', lines.Where(line => line.At >= from && line.At <= to).OrderBy(line => line.At).Select(line => string.Create(CultureInfo.InvariantCulture, $"{line.At,9:0.000} {line.Who}: {line.What}")));
    }
}
