namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>A promise that was not kept.</summary>
/// <param name="Rule">Which.</param>
/// <param name="At">When, in seconds.</param>
/// <param name="Text">What was seen.</param>
internal sealed record Violation(string Rule, double At, string Text)
{
    public override string ToString() => $"{At:0.000} {Rule}: {Text}";
}
