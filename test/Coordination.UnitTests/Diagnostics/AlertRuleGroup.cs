namespace Coordination.UnitTests.Diagnostics;

/// <summary>Rules that are looked at one after the other.</summary>
internal sealed class AlertRuleGroup
{
    public string Name { get; set; } = string.Empty;

    public List<AlertRule> Rules { get; set; } = [];
}
