namespace Coordination.Reading;

/// <summary>What can be listed. Names of properties are a contract: programs read them.</summary>
internal static class Listings
{
    public static IListing Members { get; } = new Listing<MemberReport>(
        static report => report.Members,
        static row => row.Member.Id,
        new("MEMBER", "id", static row => row.Member.Id),
        new("NUMBER", "number", static row => row.Member.Number),
        new("STATUS", "status", static row => row.Member.Status.ToString()),
        new("LEADER", "isLeader", static row => row.IsLeader),
        new("AGE", "joinedAt", static row => row.Member.JoinedAt),
        new("HEARD", "lastHeartbeat", static row => new Heartbeat(row.LastHeartbeat, row.OverdueAfter)),
        new("LOCKS", "locks", static row => row.Locks),
        new("WAITS", "waits", static row => row.Waits),
        new("URL", "url", static row => Address(row.Member.Url)),
        new("LEASE", "leaseSeconds", static row => row.LeaseTime, IsWide: true),
        new("OVERDUE", "overdueAfterSeconds", static row => row.OverdueAfter, IsWide: true),
        new("CONNECTIONS", "connections", static row => row.Connections, IsWide: true),
        new("VERSION", "version", static row => row.Member.Metadata.GetValueOrDefault("version"), IsWide: true),
        new("ZONE", "zone", static row => row.Member.Metadata.GetValueOrDefault("zone"), IsWide: true),
        new("WEIGHT", "weight", static row => row.Member.Metadata.GetValueOrDefault("weight"), IsWide: true),
        new("DEGRADED", "degraded", static row => row.Member.DegradedReason, IsWide: true));

    public static IListing Locks { get; } = new Listing<HeldLockReport>(
        static report => report.Locks,
        static row => row.Name,
        new("LOCK", "name", static row => row.Name),
        new("MODE", "mode", static row => row.Mode.ToString()),
        new("HOLDER", "holder", static row => row.Holder),
        new("HELD", "since", static row => row.Since),
        new("WAITERS", "waiters", static row => row.Waiters),
        new("TOKEN", "token", static row => row.Token.ToString()),
        new("GROUP", "group", static row => row.Group, IsWide: true),
        new("REASON", "reason", static row => row.Reason, IsWide: true));

    public static IListing Waiters { get; } = new Listing<LockWaitReport>(
        static report => report.Waits,
        static row => row.Waiter,
        new("LOCK", "name", static row => row.Name),
        new("MODE", "mode", static row => row.Mode.ToString()),
        new("WAITER", "waiter", static row => row.Waiter),
        new("WAITED", "since", static row => row.Since),
        new("BLOCKED BY", "blockedBy", static row => row.BlockedBy),
        new("GROUP", "group", static row => row.Group, IsWide: true),
        new("REASON", "reason", static row => row.Reason, IsWide: true));

    public static IListing Leaders { get; } = new Listing<RoleReport>(
        static report => report.Roles,
        static row => row.Role,
        new("ROLE", "role", static row => row.Role),
        new("LEADER", "leader", static row => row.Leader),
        new("SINCE", "since", static row => row.Since),
        new("TOKEN", "token", static row => row.Token?.ToString()),
        new("CANDIDATES", "candidates", static row => row.Candidates));

    public static IListing Lost { get; } = new Listing<LostLockReport>(
        static report => report.LostLocks.Reverse(),
        static row => row.Name,
        new("AGO", "at", static row => row.At),
        new("LOCK", "name", static row => row.Name),
        new("HOLDER", "holder", static row => row.Holder),
        new("REASON", "reason", static row => row.Reason),
        new("TOKEN", "token", static row => row.Token.ToString(), IsWide: true));

    public static IListing History { get; } = new Listing<HistoryEntry>(
        static report => report.History.Reverse(),
        static row => row.View.ToString(),
        new("AGO", "at", static row => row.At),
        new("VIEW", "view", static row => row.View.ToString()),
        new("CHANGE", "kind", static row => row.Kind.ToString()),
        new("MEMBER", "member", static row => row.MemberId),
        new("REASON", "reason", static row => row.Reason),
        new("NUMBER", "number", static row => row.MemberNumber, IsWide: true),
        new("JUDGE", "judge", static row => row.Judge, IsWide: true));

    // Other programs than ours may have written it: neither a password nor a query, which may be one, is shown.
    private static string? Address(Uri? url) => url switch
    {
        null => null,
        { IsAbsoluteUri: true } => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        _ => url.OriginalString.Split('?', '#')[0],
    };
}
