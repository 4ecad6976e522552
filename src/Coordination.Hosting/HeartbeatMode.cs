namespace Coordination;

/// <summary>What a heartbeat writes. Whether a member lives is told by the server's own sessions in every mode; the row is for the record.</summary>
public enum HeartbeatMode
{
    /// <summary>Every heartbeat is written to the member's row, and not waited for: about 150 bytes of the server's log each.</summary>
    Written = 0,

    /// <summary>
    /// Only every twelfth heartbeat is written, and one soon after a new view; the others write nothing. For groups of dozens of members
    /// and more. The silence that the row shows is then up to twelve heartbeats longer than it is.
    /// </summary>
    Sparse = 1,

    /// <summary>
    /// Every heartbeat is written and confirmed by the synchronous standby, and only such a heartbeat renews the lease: a primary that is cut
    /// off from its standby keeps no member. Needs <c>synchronous_standby_names</c> at the server; a standby that is away for the lease time costs
    /// the lease.
    /// </summary>
    Durable = 2,
}
