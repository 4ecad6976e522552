using Coordination;

namespace Conductors.Roles;

/// <summary>The group as this process sees it, as JSON.</summary>
internal sealed record MembersAnswer(string Group, string State, string? Self, long Epoch, long View, bool IsReset, IReadOnlyList<MemberAnswer> Members, IReadOnlyList<ChangeAnswer> Changes)
{
    public static MembersAnswer Of(IGroupMembership group, GroupView view) => new(
        group.Group,
        group.State.ToString(),
        group.Self?.Id,
        view.Number.Epoch,
        view.Number.Number,
        view.IsReset,
        [.. view.Members.Select(MemberAnswer.Of)],
        [.. view.Changes.Select(change => new ChangeAnswer(change.Kind.ToString(), change.Member.Id, change.Reason))]);
}
