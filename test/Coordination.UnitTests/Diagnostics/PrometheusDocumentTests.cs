using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace Coordination.UnitTests.Diagnostics;

/// <summary>The dashboard and the alert rules ask for what is exported, by its name.</summary>
public sealed partial class PrometheusDocumentTests
{
    private readonly PrometheusNames _names = new();

    [Fact]
    public void The_rules_load_and_name_only_what_is_there()
    {
        var rules = Rules();

        Assert.InRange(rules.Count, 6, 30);
        Assert.Equal(rules.Count, rules.Select(rule => rule.Alert).Distinct(StringComparer.Ordinal).Count());
        Assert.All(rules, rule => Assert.Empty(_names.FaultsOf(rule.Expr)));
        Assert.All(rules, rule => Assert.NotEmpty(_names.InstrumentsIn(rule.Expr)));
        Assert.All(rules, rule => Assert.Contains(rule.Labels["severity"], new[] { "warning", "critical" }));
    }

    [Fact]
    public void What_a_rule_says_has_in_it_only_labels_that_its_expression_leaves_over()
    {
        foreach (var rule in Rules())
        {
            Assert.Equal(["remedy", "summary"], rule.Annotations.Keys.Order(StringComparer.Ordinal));
            Assert.Empty(rule.Annotations.Values.SelectMany(text => LabelsInText().Matches(text)).Select(match => match.Groups[1].Value).Except(PrometheusNames.LabelsOf(rule.Expr)));
        }
    }

    [Fact]
    public void The_dashboard_loads_and_shows_every_instrument_and_nothing_else()
    {
        var targets = Panels().SelectMany(panel => panel["targets"]!.AsArray()).Select(target => (Expr: (string)target!["expr"]!, Legend: (string)target["legendFormat"]!)).ToList();

        Assert.All(targets, target => Assert.Empty(_names.FaultsOf(target.Expr)));
        Assert.Equal(_names.Instruments.Order(StringComparer.Ordinal), targets.SelectMany(target => _names.InstrumentsIn(target.Expr)).Distinct().Order(StringComparer.Ordinal));
        Assert.All(targets, target => Assert.Empty(LabelsInLegend().Matches(target.Legend).Select(match => match.Groups[1].Value).Except(PrometheusNames.LabelsOf(target.Expr))));
    }

    [Fact]
    public void The_panels_have_names_and_do_not_cover_each_other()
    {
        var places = Panels().Select(panel => (Title: (string)panel["title"]!, X: Grid(panel, "x"), Y: Grid(panel, "y"), W: Grid(panel, "w"), H: Grid(panel, "h"))).ToList();

        Assert.Equal(places.Count, places.Select(place => place.Title).Distinct(StringComparer.Ordinal).Count());
        Assert.All(places, place => Assert.InRange(place.X + place.W, 1, 24));
        var fields = places.SelectMany(place => from x in Enumerable.Range(place.X, place.W) from y in Enumerable.Range(place.Y, place.H) select (x, y)).ToList();
        Assert.Equal(fields.Count, fields.Distinct().Count());

        static int Grid(JsonNode panel, string key) => (int)panel["gridPos"]![key]!;
    }

    [Fact]
    public void The_choice_of_the_group_asks_for_a_label_that_its_metric_has()
    {
        var choice = Assert.Single(Dashboard()["templating"]!["list"]!.AsArray())!;
        var asked = LabelValues().Match((string)choice["query"]!["query"]!);

        Assert.Equal("group", (string)choice["name"]!);
        Assert.Empty(_names.FaultsOf($"sum by ({asked.Groups["label"].Value}) ({asked.Groups["metric"].Value})"));
    }

    [Theory]
    [InlineData("""sum by (coordination_group) (rate(coordination_lock_lost_total{coordination_lock_mode="shared"}[5m]))""", 0)]
    [InlineData("coordination_lock_lost", 1)] // a counter ends in _total
    [InlineData("coordination_heartbeat_age", 1)] // seconds are in the name
    [InlineData("coordination_lock_held_total", 1)] // goes up and down
    [InlineData("coordination_lock_acquire_duration_seconds", 1)] // a histogram has three, and not this
    [InlineData("cordination_lock_held", 1)]
    [InlineData("sum by (coordination_lock_template) (coordination_lock_held)", 1)]
    [InlineData("""coordination_lock_held{coordination_reason="died"}""", 1)]
    [InlineData("""coordination_member_leaves_total{coordination_reason="killed"}""", 1)]
    public void A_name_that_is_not_exported_is_found(string expression, int faults) => Assert.Equal(faults, _names.FaultsOf(expression).Count());

    private static JsonNode Dashboard() => JsonNode.Parse(ProjectDocuments.Read("telemetry/grafana-dashboard.json"))!;

    private static IEnumerable<JsonNode> Panels() => Dashboard()["panels"]!.AsArray().OfType<JsonNode>();

    private static List<AlertRule> Rules() => [.. new DeserializerBuilder()
        .WithNamingConvention(YamlDotNet.Serialization.NamingConventions.CamelCaseNamingConvention.Instance)
        .Build()
        .Deserialize<AlertRules>(ProjectDocuments.Read("telemetry/prometheus-alerts.yml"))
        .Groups.SelectMany(group => group.Rules)];

    [GeneratedRegex(@"\$labels\.(\w+)")]
    private static partial Regex LabelsInText();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex LabelsInLegend();

    [GeneratedRegex(@"^label_values\((?<metric>\w+), (?<label>\w+)\)$")]
    private static partial Regex LabelValues();
}
