using System.Text.Json;

namespace Coordination.Backends.Postgres;

/// <summary>A member as the tables have it; the names are the columns', for Dapper.</summary>
internal sealed class MemberRow
{
    public long Epoch { get; init; }

    public long View { get; init; }

    public int? MemberNo { get; init; }

    public string MemberId { get; init; } = string.Empty;

    public string Status { get; init; } = string.Empty;

    public DateTime JoinedAt { get; init; }

    public string? Url { get; init; }

    public string Metadata { get; init; } = "{}";

    /// <summary>Only in the log.</summary>
    public string Kind { get; init; } = string.Empty;

    /// <summary>Only in the log.</summary>
    public string? Reason { get; init; }

    /// <summary>Only in the log: the view that this entry belongs to.</summary>
    public long LogEpoch { get; init; }

    /// <summary>Only in the log: the view that this entry belongs to.</summary>
    public long LogView { get; init; }

    public Member ToMember() => new(
        MemberId,
        MemberNo!.Value,
        Enum.Parse<MemberStatus>(Status, ignoreCase: true),
        new DateTimeOffset(DateTime.SpecifyKind(JoinedAt, DateTimeKind.Utc)),
        Uri.TryCreate(Url, UriKind.Absolute, out var url) ? url : null,
        JsonSerializer.Deserialize<Dictionary<string, string>>(Metadata) ?? []);

    public MemberChange ToChange() => new(Enum.Parse<MemberChangeKind>(Kind, ignoreCase: true), ToMember(), Reason);
}
