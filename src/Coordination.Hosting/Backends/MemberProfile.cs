namespace Coordination.Backends;

/// <summary>Who we are, for a join. Url and metadata may change between two joins; the rest does not.</summary>
internal sealed record MemberProfile
{
    public required string Group { get; init; }

    public required string MemberId { get; init; }

    public required bool Observe { get; init; }

    public required Uri? Url { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required TimeSpan LeaseTime { get; init; }

    public required TimeSpan HeartbeatInterval { get; init; }

    public HeartbeatMode HeartbeatMode { get; init; } = HeartbeatMode.Written;

    public required TimeSpan CrashGrace { get; init; }

    /// <summary>Whether a second connection watches the neighbours.</summary>
    public bool CrashWatch { get; init; } = true;

    public required OnNameConflict OnNameConflict { get; init; }

    /// <summary>How many members the group may have with us. Where the group lives on a server, that one knows.</summary>
    public int MostMembers { get; init; } = GroupSize.Most;
}
