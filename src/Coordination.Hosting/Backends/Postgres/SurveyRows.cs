using System.Text.Json;

namespace Coordination.Backends.Postgres;

/// <summary>Makes facts out of the lists that <see cref="SurveySql"/> reads. Pure.</summary>
internal static class SurveyRows
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static IReadOnlyList<MemberFacts> Members(string json) => [.. Read<MemberItem>(json).Select(item => new MemberFacts(
        new Member(
            item.Id, item.Number, Enum.Parse<MemberStatus>(item.Status, ignoreCase: true), item.JoinedAt,
            item.Url is null ? null : new Uri(item.Url, UriKind.RelativeOrAbsolute), item.Metadata),
        item.LastHeartbeat,
        TimeSpan.FromMilliseconds(item.LeaseMs),
        item.Holding,
        item.Waiting,
        item.Connections))];

    public static IReadOnlyList<ShownLock> Shown(string json, DateTimeOffset now) => [.. Read<LockItem>(json).Select(item => new ShownLock(
        SessionId: string.Empty, IsOwn: false, item.Group, item.Member, item.Since, new LockNote
        {
            Id = 0,
            Key = new LockKey(item.Key, item.IsPair),
            Name = item.Name,
            Mode = Enum.Parse<LockMode>(item.Mode),
            IsWaiting = item.IsWaiting,
            Age = now - item.Since,
            Token = item.Token,
            Reason = item.Reason,
        }))];

    public static IReadOnlyList<HistoryFact> History(string json) => [.. Read<HistoryItem>(json).Select(item => new HistoryFact(
        item.At, new ViewNumber(item.Epoch, item.View), Enum.Parse<MemberChangeKind>(item.Kind, ignoreCase: true), item.Id, item.Number, item.Reason, item.By))];

    private static T[] Read<T>(string json) => JsonSerializer.Deserialize<T[]>(json, Json) ?? [];

    private sealed record MemberItem(
        long Number, string Id, string Status, DateTimeOffset JoinedAt, DateTimeOffset LastHeartbeat, int LeaseMs, string? Url,
        Dictionary<string, string> Metadata, int Holding, int Waiting, int Connections);

    private sealed record LockItem(
        string Group, string Member, DateTimeOffset Since, long Key, bool IsPair, string Name, string Mode, bool IsWaiting, long Token, string? Reason);

    private sealed record HistoryItem(DateTimeOffset At, long Epoch, long View, string Kind, string Id, long Number, string? Reason, long? By);
}
