using Coordination;

namespace Conductors.Roles;

/// <summary>One member, as JSON.</summary>
internal sealed record MemberAnswer(string Id, long Number, string Status, DateTimeOffset JoinedAt, Uri? Url, IReadOnlyDictionary<string, string> Metadata)
{
    public static MemberAnswer Of(Member member) =>
        new(member.Id, member.Number, member.Status.ToString(), member.JoinedAt, member.Url, member.Metadata);
}
