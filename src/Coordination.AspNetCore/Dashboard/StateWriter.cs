using System.Globalization;
using System.Text.Json;

namespace Coordination.Dashboard;

/// <summary>The sections of <c>api/state</c>. Tokens and numbers of views are text: a script's numbers end at 2^53. Times are milliseconds since 1970, by the server's clock.</summary>
internal static class StateWriter
{
    /// <summary>All that is shown of what members tell about themselves: the rest may be anybody's business.</summary>
    private static readonly string[] ShownMetadata = ["version", "zone", "weight", "rank"];

    public static void WriteSelf(Utf8JsonWriter writer, SelfReport self)
    {
        writer.WriteStartObject();
        writer.WriteString("group", self.Group);
        writer.WriteString("backend", self.Backend);
        writer.WriteString("memberId", self.MemberId);
        writer.WriteNumber("memberNumber", self.MemberNumber);
        writer.WriteBoolean("isObserver", self.IsObserver);
        writer.WriteString("state", self.State.ToString());
        writer.WriteNumber("leaseMs", Milliseconds(self.LeaseTime));
        WriteMilliseconds(writer, "leaseRemainingMs", self.LeaseRemaining);
        WriteMilliseconds(writer, "heartbeatAgeMs", self.HeartbeatAge);
        writer.WriteNumber("sessionPid", self.SessionPid);
        writer.WriteNumber("reconnects", self.Reconnects);
        writer.WriteNumber("locksHeld", self.LocksHeld);
        writer.WriteNumber("lockWaiters", self.LockWaiters);
        writer.WriteString("lastError", self.LastError);
        writer.WriteEndObject();
    }

    public static void WriteGroup(Utf8JsonWriter writer, GroupReport? report, string? error)
    {
        writer.WriteStartObject();
        writer.WriteString("serverVersion", report?.ServerVersion);
        if (report is not null)
        {
            writer.WriteNumber("serverTime", report.ServerTime.ToUnixTimeMilliseconds());
            writer.WriteString("view", report.View.ToString());
            writer.WriteStartArray("observers");
            foreach (var observer in report.Observers)
            {
                writer.WriteStringValue(observer);
            }

            writer.WriteEndArray();
        }

        writer.WriteString("error", error);
        writer.WriteEndObject();
    }

    public static void WriteMembers(Utf8JsonWriter writer, GroupReport report, SelfReport self)
    {
        writer.WriteStartArray();
        foreach (var one in report.Members)
        {
            writer.WriteStartObject();
            writer.WriteString("id", one.Member.Id);
            writer.WriteNumber("number", one.Member.Number);
            writer.WriteString("status", one.Member.Status.ToString());
            writer.WriteString("degraded", one.Member.DegradedReason);
            writer.WriteBoolean("isLeader", one.IsLeader);
            writer.WriteBoolean("isSelf", one.Member.Number == self.MemberNumber);
            writer.WriteNumber("joinedAt", one.Member.JoinedAt.ToUnixTimeMilliseconds());
            writer.WriteNumber("lastHeartbeat", one.LastHeartbeat.ToUnixTimeMilliseconds());
            writer.WriteNumber("leaseMs", Milliseconds(one.LeaseTime));
            writer.WriteNumber("overdueMs", Milliseconds(one.OverdueAfter));
            writer.WriteString("url", Address(one.Member.Url));
            foreach (var key in ShownMetadata)
            {
                writer.WriteString(key, one.Member.Metadata.GetValueOrDefault(key));
            }

            writer.WriteNumber("locks", one.Locks);
            writer.WriteNumber("waits", one.Waits);
            writer.WriteNumber("connections", one.Connections);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteLocks(Utf8JsonWriter writer, GroupReport report)
    {
        writer.WriteStartObject();
        writer.WriteNumber("lockCount", report.LockCount);
        writer.WriteNumber("waitCount", report.WaitCount);
        writer.WriteStartArray("held");
        foreach (var one in report.Locks)
        {
            writer.WriteStartObject();
            WriteClaim(writer, report, one.Name, one.Mode, one.Group, one.Holder, one.Since, one.Reason);
            writer.WriteString("token", one.Token.ToString());
            writer.WriteNumber("waiters", one.Waiters);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("waits");
        foreach (var one in report.Waits)
        {
            writer.WriteStartObject();
            WriteClaim(writer, report, one.Name, one.Mode, one.Group, one.Waiter, one.Since, one.Reason);
            writer.WriteStartArray("blockedBy");
            foreach (var holder in one.BlockedBy)
            {
                writer.WriteStringValue(holder);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void WriteRoles(Utf8JsonWriter writer, GroupReport report)
    {
        writer.WriteStartArray();
        foreach (var one in report.Roles)
        {
            writer.WriteStartObject();
            writer.WriteString("role", one.Role);
            writer.WriteString("leader", one.Leader);
            if (one.Since is { } since)
            {
                writer.WriteNumber("since", since.ToUnixTimeMilliseconds());
            }

            writer.WriteString("token", one.Token?.ToString());
            writer.WriteStartArray("candidates");
            foreach (var candidate in one.Candidates)
            {
                writer.WriteStringValue(candidate);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WritePartitions(Utf8JsonWriter writer, GroupReport report)
    {
        writer.WriteStartArray();
        foreach (var service in report.Partitions)
        {
            writer.WriteStartObject();
            writer.WriteString("service", service.Name);
            writer.WriteNumber("count", service.Count);
            writer.WriteStartArray("owned");
            foreach (var one in service.Owned)
            {
                writer.WriteStartObject();
                writer.WriteNumber("partition", one.Partition);
                writer.WriteString("owner", one.Owner);
                writer.WriteNumber("since", one.Since.ToUnixTimeMilliseconds());
                writer.WriteString("token", one.Token.ToString());
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteHistory(Utf8JsonWriter writer, GroupReport report)
    {
        writer.WriteStartArray();
        foreach (var one in report.History)
        {
            writer.WriteStartObject();
            writer.WriteNumber("at", one.At.ToUnixTimeMilliseconds());
            writer.WriteString("view", one.View.ToString());
            writer.WriteString("kind", one.Kind.ToString());
            writer.WriteString("member", one.MemberId);
            writer.WriteNumber("number", one.MemberNumber);
            writer.WriteString("reason", one.Reason);
            writer.WriteString("judge", one.Judge);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteLost(Utf8JsonWriter writer, GroupReport? report, SelfReport self)
    {
        // What this process lost it knows before the group does, and also while the backend is away.
        var told = report?.LostLocks ?? [];
        var known = told.Where(one => one.Holder == self.MemberId).Select(one => (one.Name, one.Token)).ToHashSet();
        var own = self.LostLocks.Where(one => !known.Contains((one.Name.Value, one.Token))).Select(one => new LostLockReport(one.Name.Value, one.Token, self.MemberId, one.At, one.Reason));
        writer.WriteStartArray();
        foreach (var one in own.Concat(told))
        {
            writer.WriteStartObject();
            writer.WriteNumber("at", one.At.ToUnixTimeMilliseconds());
            writer.WriteString("name", one.Name);
            writer.WriteString("token", one.Token.ToString());
            writer.WriteString("member", one.Holder);
            writer.WriteString("reason", one.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteSql(Utf8JsonWriter writer, SelfReport self)
    {
        writer.WriteStartObject();
        foreach (var (table, text) in DashboardSql.Of(self))
        {
            writer.WriteString(table, text);
        }

        writer.WriteEndObject();
    }

    private static void WriteClaim(Utf8JsonWriter writer, GroupReport report, string name, LockMode mode, string group, string member, DateTimeOffset since, string? reason)
    {
        writer.WriteString("name", name);
        writer.WriteString("mode", mode.ToString());
        writer.WriteString("group", group == report.Group ? null : group);
        writer.WriteString("member", member);
        writer.WriteNumber("since", since.ToUnixTimeMilliseconds());
        writer.WriteString("reason", reason);
    }

    private static void WriteMilliseconds(Utf8JsonWriter writer, string name, TimeSpan? time)
    {
        if (time is { } value)
        {
            writer.WriteNumber(name, Milliseconds(value));
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static long Milliseconds(TimeSpan time) => Math.Max(0, (long)time.TotalMilliseconds);

    // Other programs than ours may have written it: neither a password nor a query, which may be one, is shown.
    private static string? Address(Uri? url) => url switch
    {
        null => null,
        { IsAbsoluteUri: true } => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        _ => string.Create(CultureInfo.InvariantCulture, $"{url.OriginalString.Split('?', '#')[0]}"),
    };
}
