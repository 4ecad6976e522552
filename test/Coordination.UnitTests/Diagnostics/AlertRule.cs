namespace Coordination.UnitTests.Diagnostics;

/// <summary>One alert.</summary>
internal sealed class AlertRule
{
    public string Alert { get; set; } = string.Empty;

    public string Expr { get; set; } = string.Empty;

    public string For { get; set; } = string.Empty;

    public Dictionary<string, string> Labels { get; set; } = [];

    public Dictionary<string, string> Annotations { get; set; } = [];
}
