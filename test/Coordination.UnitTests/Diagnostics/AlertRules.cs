namespace Coordination.UnitTests.Diagnostics;

/// <summary>A file of rules as Prometheus reads it.</summary>
internal sealed class AlertRules
{
    public List<AlertRuleGroup> Groups { get; set; } = [];
}
