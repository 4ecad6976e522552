namespace Coordination.IntegrationTests.Replicas;

/// <summary>What a test tells a replica: one JSON line.</summary>
internal sealed record ReplicaCommand(string Verb)
{
    /// <summary>The test's name for what comes of it.</summary>
    public string Id { get; init; } = string.Empty;

    public string Name { get; init; } = string.Empty;

    public double? TimeoutSeconds { get; init; }

    public int Count { get; init; }
}
