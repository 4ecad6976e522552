using System.Data.Common;
using System.Text.Json;

namespace Coordination.Backends.Postgres;

/// <summary>Makes facts out of what <see cref="SurveySql"/> reads. Pure.</summary>
internal static class SurveyRows
{
    private static readonly Dictionary<string, string> NoNotes = [];
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static IReadOnlyList<MemberFacts> Members(string json) => [.. Read<MemberItem>(json).Select(item => new MemberFacts(
        new Member(
            item.Id, item.Number, Enum.Parse<MemberStatus>(item.Status, ignoreCase: true), item.JoinedAt,
            item.Url is null ? null : new Uri(item.Url, UriKind.RelativeOrAbsolute), item.Metadata),
        item.LastHeartbeat,
        TimeSpan.FromMilliseconds(item.LeaseMs),
        TimeSpan.FromMilliseconds(item.LeaseMs + item.StampMs),
        item.Holding,
        item.Waiting,
        item.Connections))];

    /// <summary>The locks, from ten arrays that begin with column 10; null where there is none.</summary>
    public static IReadOnlyList<ShownLock> Shown(DbDataReader reader, DateTimeOffset now)
    {
        const int First = 10;
        if (reader.IsDBNull(First))
        {
            return [];
        }

        var (groups, members, since) = (Column<string>(0), Column<string>(1), Column<DateTime>(2));
        var (keys, pairs, names, modes) = (Column<long>(3), Column<bool>(4), Column<string>(5), Column<string>(6));
        var (waiting, tokens, reasons) = (Column<bool>(7), Column<long>(8), Column<string?>(9));
        var shown = new ShownLock[groups.Length];
        for (var i = 0; i < shown.Length; i++)
        {
            var at = new DateTimeOffset(DateTime.SpecifyKind(since[i], DateTimeKind.Utc));
            shown[i] = new ShownLock(SessionId: string.Empty, IsOwn: false, groups[i], members[i], at, new LockNote
            {
                Id = 0,
                Key = new LockKey(keys[i], pairs[i]),
                Name = names[i],
                Mode = Enum.Parse<LockMode>(modes[i]),
                IsWaiting = waiting[i],
                Age = now - at,
                Token = tokens[i],
                Reason = reasons[i],
            });
        }

        return shown;

        T[] Column<T>(int column) => reader.GetFieldValue<T[]>(First + column);
    }

    public static IReadOnlyList<HistoryFact> History(string json) => [.. Read<HistoryItem>(json).Select(item => new HistoryFact(
        item.At, new ViewNumber(item.Epoch, item.View), Enum.Parse<MemberChangeKind>(item.Kind, ignoreCase: true), item.Id, item.Number,
        Enum.Parse<MemberStatus>(item.Status, ignoreCase: true), item.Notes ?? NoNotes, item.Reason, item.By))];

    public static IReadOnlyList<LostLockReport> Lost(string json) => [.. Read<LostItem>(json).Select(item => new LostLockReport(
        item.Name, new FencingToken(item.Token), item.Holder, item.At, item.Reason))];

    private static T[] Read<T>(string json) => JsonSerializer.Deserialize<T[]>(json, Json) ?? [];

    private sealed record MemberItem(
        long Number, string Id, string Status, DateTimeOffset JoinedAt, DateTimeOffset LastHeartbeat, int LeaseMs, int StampMs, string? Url,
        Dictionary<string, string> Metadata, int Holding, int Waiting, int Connections);

    private sealed record LostItem(string Name, long Token, string Holder, DateTimeOffset At, string Reason);

    private sealed record HistoryItem(
        DateTimeOffset At, long Epoch, long View, string Kind, string Id, long Number, string Status, Dictionary<string, string>? Notes, string? Reason, long? By);
}
