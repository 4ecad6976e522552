using Coordination.Backends;
using Coordination.Membership;

namespace Coordination.UnitTests.Membership;

public sealed class ViewFoldTests
{
    private static readonly Member Ann = Members.Named("ann", 3);
    private static readonly Member Bob = Members.Named("bob", 5);

    [Theory]
    [InlineData(MemberChangeKind.Joined, MemberStatus.Up)]
    [InlineData(MemberChangeKind.Suspected, MemberStatus.Suspect)]
    [InlineData(MemberChangeKind.Recovered, MemberStatus.Up)]
    [InlineData(MemberChangeKind.Updated, MemberStatus.Leaving)]
    public void A_change_shows_the_member_as_it_became(MemberChangeKind kind, MemberStatus status)
    {
        var became = Bob with { Status = status };

        var view = ViewFold.Apply(Members.View(1, Ann, Bob), Members.Next(2, Members.Change(kind, became)));

        Assert.Equal([Ann, became], view.Members);
    }

    [Theory]
    [InlineData(MemberChangeKind.Left)]
    [InlineData(MemberChangeKind.Died)]
    [InlineData(MemberChangeKind.Superseded)]
    public void Who_goes_is_not_in_the_view_any_more(MemberChangeKind kind)
    {
        var view = ViewFold.Apply(Members.View(1, Ann, Bob), Members.Next(2, Members.Change(kind, Ann)));

        Assert.Equal([Bob], view.Members);
    }

    [Fact]
    public void Members_stand_in_the_order_of_their_numbers()
    {
        var view = ViewFold.Apply(Members.View(1, Bob), Members.Next(2, Members.Change(MemberChangeKind.Joined, Ann)));

        Assert.Equal([Ann, Bob], view.Members);
    }

    [Fact]
    public void A_view_carries_its_number_and_what_made_it()
    {
        var superseded = Members.Change(MemberChangeKind.Superseded, Ann);
        var joined = Members.Change(MemberChangeKind.Joined, Ann with { Number = 9 });
        var changes = Members.Next(2, superseded, joined);

        var view = ViewFold.Apply(Members.View(1, Ann), changes);

        Assert.Equal(changes.View, view.Number);
        Assert.Equal([superseded, joined], view.Changes);
        Assert.False(view.IsReset);
        Assert.Equal(9, Assert.Single(view.Members).Number);
    }

    [Fact]
    public void The_view_before_stays_as_it_was()
    {
        var before = Members.View(1, Ann);

        ViewFold.Apply(before, Members.Next(2, Members.Change(MemberChangeKind.Died, Ann)));

        Assert.Equal([Ann], before.Members);
    }

    [Theory]
    [InlineData(1, 8, true)]
    [InlineData(1, 7, false)] // the same again
    [InlineData(1, 9, false)] // a gap
    [InlineData(2, 8, false)] // another history
    public void Only_the_very_next_view_of_the_same_epoch_follows(long epoch, long number, bool follows) =>
        Assert.Equal(follows, ViewFold.Follows(Members.View(7), new ViewChanges(new ViewNumber(epoch, number), [])));
}
