namespace Coordination.IntegrationTests.Leaders;

/// <summary>Which replica of the test a service runs in.</summary>
public sealed class MemberName
{
    public string Value { get; set; } = string.Empty;
}
