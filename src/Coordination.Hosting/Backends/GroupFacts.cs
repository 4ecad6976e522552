namespace Coordination.Backends;

/// <summary>All that a backend knows of a group and its locks at one instant.</summary>
internal sealed record GroupFacts
{
    /// <summary>How many locks and waits are told of at most.</summary>
    public const int MostShown = 5000;

    /// <summary>How many changes are told of at most.</summary>
    public const int MostHistory = 200;

    /// <summary>How many lost locks are remembered and told of at most.</summary>
    public const int MostLost = 200;

    public required string ServerVersion { get; init; }

    public required DateTimeOffset ServerTime { get; init; }

    public required ViewNumber View { get; init; }

    /// <summary>In order of their numbers.</summary>
    public required IReadOnlyList<MemberFacts> Members { get; init; }

    public required IReadOnlyList<string> Observers { get; init; }

    /// <summary>What the group shows, and others of the same keys; the oldest first, at most <see cref="MostShown"/>.</summary>
    public required IReadOnlyList<ShownLock> Shown { get; init; }

    /// <summary>How many there are that hold, told of or not.</summary>
    public required int Holding { get; init; }

    /// <summary>How many there are that wait, told of or not.</summary>
    public required int Waiting { get; init; }

    /// <summary>The newest first, at most <see cref="MostHistory"/>.</summary>
    public required IReadOnlyList<HistoryFact> History { get; init; }

    /// <summary>The locks that members lost, the newest first, at most <see cref="MostLost"/>.</summary>
    public required IReadOnlyList<LostLockReport> Lost { get; init; }
}
