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

    /// <summary>The changes with all that is known of them.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    /// <summary>All that a view shows of its members.</summary>
    public string? Content { get; init; }

    /// <summary>A timestamp as <see cref="At"/>: when what this is about began.</summary>
    public long Begin { get; init; }

    /// <summary>A timestamp as <see cref="At"/>: until when it is known to have lasted.</summary>
    public long End { get; init; }

    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>();
}
