using Coordination.Backends;

namespace Coordination.Membership;

/// <summary>Makes the next view out of one view and what changed. Pure.</summary>
internal static class ViewFold
{
    /// <summary>Applies the changes of exactly the next view.</summary>
    public static GroupView Apply(GroupView view, ViewChanges next)
    {
        var members = view.Members.ToDictionary(member => member.Number);
        foreach (var change in next.Changes)
        {
            if (change.Kind is MemberChangeKind.Left or MemberChangeKind.Died or MemberChangeKind.Superseded)
            {
                members.Remove(change.Member.Number);
            }
            else
            {
                members[change.Member.Number] = change.Member;
            }
        }

        return new GroupView(next.View, [.. members.Values.OrderBy(member => member.Number)], next.Changes, IsReset: false);
    }

    /// <summary>Whether the changes make the view that comes right after this one.</summary>
    public static bool Follows(GroupView view, ViewChanges next) =>
        next.View.Epoch == view.Number.Epoch && next.View.Number == view.Number.Number + 1;
}
