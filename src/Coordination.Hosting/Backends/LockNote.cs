namespace Coordination.Backends;

/// <summary>What a session shows of one lock that it has held or waited for long enough to interest people.</summary>
internal sealed record LockNote
{
    /// <summary>The session's own number for it; the same while it waits and while it is held.</summary>
    public required long Id { get; init; }

    public required LockKey Key { get; init; }

    /// <summary>The name as it was asked for.</summary>
    public required string Name { get; init; }

    public required LockMode Mode { get; init; }

    /// <summary>Waits for it; else holds it.</summary>
    public required bool IsWaiting { get; init; }

    /// <summary>How long it has been waiting, or been held.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>The grant's token; 0 while it waits.</summary>
    public long Token { get; init; }

    public string? Reason { get; init; }

    /// <summary>Of one that waits: the keys that its async flow holds meanwhile.</summary>
    public IReadOnlyList<LockKey> Holds { get; init; } = [];
}
