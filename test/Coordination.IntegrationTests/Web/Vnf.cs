namespace Coordination.IntegrationTests.Web;

/// <summary>What a request's body brings.</summary>
public sealed record Vnf(string? Id);
