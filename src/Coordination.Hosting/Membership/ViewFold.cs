using Coordination.Backends;

namespace Coordination.Membership;

/// <summary>Makes the next view out of one view and what changed. Pure.</summary>
internal static class ViewFold
{
    /// <summary>Applies the changes of exactly the next view.</summary>
    public static GroupView Apply(GroupView view, ViewChanges next)
    {
        // In a group that starts, each member does this for each: a copy with one change in it, and not a sort of them all.
        List<Member> members = new(view.Members.Count + next.Changes.Count);
        members.AddRange(view.Members);
        foreach (var change in next.Changes)
        {
            var place = PlaceOf(members, change.Member.Number);
            var isThere = place < members.Count && members[place].Number == change.Member.Number;
            if (change.Kind is not (MemberChangeKind.Left or MemberChangeKind.Died or MemberChangeKind.Superseded))
            {
                members.Insert(place, change.Member);
                place++;
            }

            if (isThere)
            {
                members.RemoveAt(place);
            }
        }

        return new GroupView(next.View, members.AsReadOnly(), next.Changes, IsReset: false);
    }

    /// <summary>Whether the changes make the view that comes right after this one.</summary>
    public static bool Follows(GroupView view, ViewChanges next) =>
        next.View.Epoch == view.Number.Epoch && next.View.Number == view.Number.Number + 1;

    /// <returns>Where that number is, or would be: members stand in the order of their numbers, and new ones come last.</returns>
    private static int PlaceOf(List<Member> members, long number)
    {
        var place = members.Count;
        while (place > 0 && members[place - 1].Number >= number)
        {
            place--;
        }

        return place;
    }
}
