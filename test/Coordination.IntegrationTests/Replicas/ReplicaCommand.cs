namespace Coordination.IntegrationTests.Replicas;

/// <summary>What a test tells a replica: one JSON line.</summary>
internal sealed record ReplicaCommand(string Verb)
{
    /// <summary>The test's name for what comes of it.</summary>
    public string Id { get; init; } = string.Empty;

    public string Name { get; init; } = string.Empty;

    public double? TimeoutSeconds { get; init; }

    public int Count { get; init; }

    public int MaxHolders { get; init; } = 1;

    /// <summary>A connection string, for what a replica does at the database itself.</summary>
    public string Database { get; init; } = string.Empty;
}
