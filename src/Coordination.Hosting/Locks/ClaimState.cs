namespace Coordination.Locks;

/// <summary>Where a claim stands; changed under the table's gate only.</summary>
internal enum ClaimState
{
    /// <summary>In the queue of its key.</summary>
    Waiting,

    /// <summary>Granted, not released.</summary>
    Held,

    /// <summary>Was never granted: busy, timed out, cancelled or failed.</summary>
    Refused,

    /// <summary>Released by its holder.</summary>
    Released,

    /// <summary>Lost with its session.</summary>
    Lost,
}
