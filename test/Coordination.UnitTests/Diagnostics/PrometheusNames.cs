using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Coordination.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.UnitTests.Diagnostics;

/// <summary>The instruments as Prometheus knows them, by OpenTelemetry's translation, and what is wrong with an expression over them.</summary>
internal sealed partial class PrometheusNames
{
    // What adds itself on the way: the replica, and the bounds of a histogram.
    private static readonly string[] Added = ["instance", "le"];

    private static readonly HashSet<string> Words =
    [
        "sum", "max", "min", "rate", "increase", "histogram_quantile", "quantile_over_time", "or", "unless", "offset",
    ];

    private readonly Dictionary<string, string> _instrumentOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _labelsOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _valuesOf = new(StringComparer.Ordinal);

    public PrometheusNames()
    {
        foreach (var instrument in Published())
        {
            foreach (var name in NamesOf(instrument))
            {
                _instrumentOf.Add(name, instrument.Name);
            }
        }

        foreach (var row in DocumentTable.Of("telemetry.md", "instrument").Rows)
        {
            _labelsOf[DocumentTable.Names(row["instrument"]).Single()] = [.. DocumentTable.Names(row["attributes"]).Select(Label)];
        }

        foreach (var row in DocumentTable.Of("telemetry.md", "attribute").Rows)
        {
            _valuesOf[Label(DocumentTable.Names(row["attribute"]).Single())] = [.. DocumentTable.Names(row["values"])];
        }
    }

    public IEnumerable<string> Instruments => _instrumentOf.Values.Distinct();

    /// <summary>The instruments that an expression is about.</summary>
    public IEnumerable<string> InstrumentsIn(string expression) => Series(expression).Select(one => _instrumentOf.GetValueOrDefault(one.Metric)).OfType<string>();

    /// <summary>The labels that the result of an expression has.</summary>
    public static IEnumerable<string> LabelsOf(string expression) => Groupings().Matches(expression).SelectMany(by => ListOf(by.Groups[1].Value)).Distinct();

    /// <summary>Names that nobody exports, labels that a metric does not have, values that a label never has, words that are none.</summary>
    public IEnumerable<string> FaultsOf(string expression)
    {
        var series = Series(expression).ToList();
        foreach (var (metric, matchers) in series)
        {
            if (!_instrumentOf.TryGetValue(metric, out var instrument))
            {
                yield return $"'{metric}' is no metric of ours";
                continue;
            }

            foreach (var matcher in matchers)
            {
                var (label, value) = (matcher.Groups["label"].Value, matcher.Groups["value"].Value);
                if (!_labelsOf[instrument].Contains(label))
                {
                    yield return $"'{metric}' has no label '{label}'";
                }
                else if (matcher.Groups["how"].Value is "=" or "!=" && !_valuesOf[label].Contains(value))
                {
                    yield return $"'{label}' is never '{value}'";
                }
            }
        }

        foreach (var label in LabelsOf(expression).Except(Added))
        {
            if (!series.Any(one => _instrumentOf.TryGetValue(one.Metric, out var instrument) && _labelsOf[instrument].Contains(label)))
            {
                yield return $"no metric in it has the label '{label}'";
            }
        }

        foreach (var word in Identifiers().Matches(Metrics().Replace(Bare(expression), " ")).Select(match => match.Value))
        {
            if (!Words.Contains(word))
            {
                yield return $"'{word}' is neither a metric of ours nor a word that this test knows";
            }
        }
    }

    private static IEnumerable<(string Metric, IReadOnlyList<Match> Matchers)> Series(string expression) => Metrics().Matches(Bare(expression))
        .Select(match => (match.Groups["metric"].Value, (IReadOnlyList<Match>)Matchers().Matches(match.Groups["matchers"].Value)));

    /// <summary>Without groupings and ranges.</summary>
    private static string Bare(string expression) => Durations().Replace(Groupings().Replace(expression, " "), " ");

    private static IEnumerable<string> ListOf(string labels) => labels.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string Label(string attribute) => attribute.Replace('.', '_');

    private static IEnumerable<string> NamesOf(Instrument instrument)
    {
        var name = Label(instrument.Name) + (instrument.Unit == "s" ? "_seconds" : string.Empty);
        return instrument.GetType().Name.Split('`')[0] switch
        {
            "Histogram" => [$"{name}_bucket", $"{name}_sum", $"{name}_count"],
            "Counter" => [$"{name}_total"],
            _ => [name],
        };
    }

    private static List<Instrument> Published()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var listener = new Listener(services, group: string.Empty);
        _ = new CoordinationMeter(services.GetRequiredService<IMeterFactory>());
        return [.. listener.Published.Values];
    }

    [GeneratedRegex(@"\bby\s*\(([^)]*)\)")]
    private static partial Regex Groupings();

    [GeneratedRegex(@"\[[^\]]*\]|\b\d+[smhd]\b")]
    private static partial Regex Durations();

    [GeneratedRegex(@"(?<metric>\bcoordination_\w+)(\{(?<matchers>[^}]*)\})?")]
    private static partial Regex Metrics();

    [GeneratedRegex("(?<label>\\w+)\\s*(?<how>=~|!=|!~|=)\\s*\"(?<value>[^\"]*)\"")]
    private static partial Regex Matchers();

    [GeneratedRegex("[A-Za-z_]+")]
    private static partial Regex Identifiers();
}
