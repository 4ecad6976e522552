namespace Coordination.IntegrationTests.Replicas;

/// <summary>What a replica tells its test: one JSON line.</summary>
internal sealed record ReplicaEvent(string Kind)
{
    /// <summary>A timestamp of the monotonic clock that all processes of a machine share.</summary>
    public long At { get; init; }

    /// <summary>The test's name for the lock handle or the command that this is about.</summary>
    public string? Id { get; init; }

    public string? Text { get; init; }

    public long Token { get; init; }

    public bool IsHeld { get; init; }

    public bool IsLost { get; init; }

    public long MemberNumber { get; init; }

    public long Epoch { get; init; }

    public long View { get; init; }

    public bool IsReset { get; init; }

    public IReadOnlyList<string> Members { get; init; } = [];

    public IReadOnlyList<string> Changes { get; init; } = [];

    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>();
}
