using System.Text.Json;

namespace Coordination.Backends.Postgres;

/// <summary>A member as the tables have it; in the group's snapshot and in the log of views alike, so that both give the same <see cref="Member"/>.</summary>
internal class MemberRow
{
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>(StringComparer.Ordinal);

    public long Epoch { get; init; }

    public long View { get; init; }

    /// <summary>0: the group has no member, or the view no change.</summary>
    public int Number { get; init; }

    public string? Id { get; init; }

    public string? Status { get; init; }

    public DateTime JoinedAt { get; init; }

    public string? Url { get; init; }

    public string? Metadata { get; init; }

    public Member ToMember() => new(
        Id!,
        Number,
        Enum.Parse<MemberStatus>(Status!, ignoreCase: true),
        new DateTimeOffset(DateTime.SpecifyKind(JoinedAt, DateTimeKind.Utc)),
        Url is null ? null : new Uri(Url, UriKind.RelativeOrAbsolute),
        Metadata is null or "{}" ? NoMetadata : JsonSerializer.Deserialize<Dictionary<string, string>>(Metadata) ?? NoMetadata);
}
