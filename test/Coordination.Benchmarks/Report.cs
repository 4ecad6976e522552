using System.Globalization;

namespace Coordination.Benchmarks;

/// <summary>Prints figures as they come, one line each, and remembers whether all were good enough.</summary>
internal sealed class Report(TextWriter output)
{
    private const string Columns = "| {0,-38} | {1,12} | {2,-36} | {3,12} | {4,8} | {5,-9} | {6,-6} |";

    /// <summary>How many figures missed their target.</summary>
    public int Missed { get; private set; }

    public void Say(string line) => output.WriteLine(line);

    public void Head()
    {
        Line("figure", "ours", "rival", "theirs", "ratio", "target", "met");
        Line("---", "---:", "---", "---:", "---:", "---", "---");
    }

    public void Add(Figure figure)
    {
        if (figure.IsMet is false)
        {
            Missed++;
        }

        Line(
            $"{figure.Scenario}, {figure.Unit}",
            Number(figure.Ours),
            figure.Rival ?? string.Empty,
            Number(figure.Theirs),
            figure.Ratio is { } ratio ? $"{ratio.ToString("0.00", CultureInfo.InvariantCulture)} x" : string.Empty,
            figure.Target?.ToString() ?? string.Empty,
            figure.IsMet is { } met ? (met ? "yes" : "NO") : string.Empty);
    }

    private static string Number(double? value) => value switch
    {
        null => string.Empty,
        >= 100 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    private void Line(params object[] cells) => output.WriteLine(string.Format(CultureInfo.InvariantCulture, Columns, cells).TrimEnd());
}
