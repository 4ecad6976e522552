namespace Coordination.Backends.Postgres;

/// <summary>How the server answers a join, an attach or an observer.</summary>
internal sealed class EnteredRow
{
    public long Group { get; init; }

    public long Epoch { get; init; }

    /// <summary>0 for an observer, and when somebody else has the name.</summary>
    public int Number { get; init; }

    /// <summary>0 for an observer, and when there is no such member any more.</summary>
    public int Session { get; init; }

    /// <summary>Whether the row says already how long the member may write nothing.</summary>
    public bool IsStampTimeSet { get; init; }

    /// <summary>Who has the name, when that stops us.</summary>
    public int? RivalNumber { get; init; }

    /// <summary>Null when it has lost its connections and may come back.</summary>
    public int? RivalPid { get; init; }

    public DateTime? RivalSince { get; init; }
}
