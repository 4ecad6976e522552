using Coordination.Partitioning;
using Coordination.UnitTests.Membership;
using FsCheck;
using FsCheck.Fluent;

namespace Coordination.UnitTests.Partitioning;

public sealed class PartitionPlanTests
{
    private const int Count = 100;

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);

    private readonly PartitionPlan _plan = new("billing", Count, Settle);
    private readonly HashSet<int> _held = [];

    [Fact]
    public void The_first_member_owns_everything_at_once()
    {
        Follow(1, Start, Ready(1));

        Assert.Equal(Count, _plan.Wanted.Count);
        Assert.Null(_plan.Due);
    }

    [Fact]
    public void One_that_has_not_started_or_does_not_run_the_service_or_leaves_owns_nothing()
    {
        Follow(1, Start, Ready(1), Starting(2), Members.Named("m3", 3), Leaving(Ready(4)));
        Assert.Equal(Count, _plan.Wanted.Count);

        foreach (var self in new long[] { 0, 2, 3, 4 })
        {
            Follow(self, Start, Ready(1), Starting(2), Members.Named("m3", 3), Leaving(Ready(4)));
            Assert.Empty(_plan.Wanted);
        }
    }

    [Fact]
    public void What_is_held_stays_until_its_target_has_settled_and_then_only_the_share_of_the_target_goes()
    {
        Follow(1, Start, Ready(1));
        Hold(_plan.Wanted);
        Follow(1, Start, Ready(1), Ready(2));
        Assert.Equal(Count, _plan.Wanted.Count);
        Assert.Equal(Start + Settle, _plan.Due);
        Follow(1, Start + Settle - Moment, Ready(1), Ready(2));
        Assert.Equal(Count, _plan.Wanted.Count);

        Follow(1, Start + Settle, Ready(1), Ready(2));

        Assert.Null(_plan.Due);
        Assert.InRange(_plan.Wanted.Count, 30, 70);
        Assert.Equal(Owned(1, Ready(1), Ready(2)), _plan.Wanted.Order());
    }

    [Fact]
    public void One_that_comes_wants_what_the_view_gives_it_at_once_and_the_lock_decides()
    {
        Follow(3, Start, Ready(1), Ready(2), Starting(3));
        Assert.Empty(_plan.Wanted);

        Follow(3, Start, Ready(1), Ready(2), Ready(3));

        Assert.Equal(Owned(3, Ready(1), Ready(2), Ready(3)), _plan.Wanted.Order());
    }

    [Fact]
    public void What_is_not_held_is_not_kept_for_a_target_that_has_just_come()
    {
        Follow(1, Start, Ready(1));

        Follow(1, Start, Ready(1), Ready(2)); // we had not got the locks yet

        Assert.Equal(Owned(1, Ready(1), Ready(2)), _plan.Wanted.Order());
        Assert.Null(_plan.Due);
    }

    [Fact]
    public void One_that_leaves_gives_everything_away_and_one_that_is_suspect_keeps()
    {
        Follow(2, Start, Ready(1), Ready(2));
        Hold(_plan.Wanted);
        Assert.NotEmpty(_plan.Wanted);

        Follow(2, Start, Ready(1), Ready(2) with { Status = MemberStatus.Suspect });
        Assert.Equal(Owned(2, Ready(1), Ready(2)), _plan.Wanted.Order());

        Follow(2, Start, Ready(1), Leaving(Ready(2)));
        Assert.Empty(_plan.Wanted);
        Follow(1, Start, Ready(1), Leaving(Ready(2)));
        Assert.Equal(Count, _plan.Wanted.Count);
    }

    [Fact]
    public void A_weight_that_changes_moves_only_its_difference()
    {
        Member[] members = [Ready(1), Ready(2), Ready(3)];
        Follow(3, Start, members);
        var before = _plan.Wanted;

        members[2] = Weighing(members[2], "3");
        Follow(3, Start, members);
        Assert.Superset(before.ToHashSet(), _plan.Wanted.ToHashSet());
        Assert.InRange(_plan.Wanted.Count, 45, 75);

        members[2] = Weighing(members[2], "0");
        Follow(3, Start, members);
        Assert.Empty(_plan.Wanted);
    }

    [Fact]
    public void A_degraded_member_keeps_what_it_holds_and_would_have_and_gets_nothing_new()
    {
        Member[] members = [Ready(1), Ready(2), Ready(3)];
        Follow(2, Start, members);
        var own = _plan.Wanted;
        Hold(own.Take(5));

        members[1] = Degraded(members[1]);
        Follow(2, Start, members);
        Assert.Equal(own.Take(5).Order(), _plan.Wanted.Order()); // what it had not got yet goes to others
        Follow(2, Start + Settle + Settle, members);
        Assert.Equal(own.Take(5).Order(), _plan.Wanted.Order());
        Follow(1, Start + Settle + Settle, members);
        Assert.Superset(Owned(1, Ready(1), Ready(3)).ToHashSet(), _plan.Wanted.ToHashSet());

        // A better owner comes: what it wins goes, after the settle time.
        var later = Start + Settle + Settle;
        Member[] more = [.. members, Weighing(Ready(4), "1000000")];
        Follow(2, later, more);
        Assert.Equal(later + Settle, _plan.Due);
        Follow(2, later + Settle, more);
        Assert.Empty(_plan.Wanted);

        members[1] = Ready(2);
        Follow(2, later + Settle, members);
        Assert.Equal(Owned(2, members), _plan.Wanted.Order());
    }

    [Fact]
    public void One_that_is_well_again_settles_again_before_others_give_it_what_is_its_own()
    {
        Member[] members = [Ready(1), Degraded(Ready(2))];
        Follow(1, Start, members);
        Hold(_plan.Wanted);
        Assert.Equal(Count, _plan.Wanted.Count);

        members[1] = Ready(2);
        Follow(1, Start + Settle, members);
        Assert.Equal(Count, _plan.Wanted.Count);
        Follow(1, Start + Settle + Settle, members);
        Assert.Equal(Owned(1, members), _plan.Wanted.Order());
    }

    [Fact]
    public void When_all_are_degraded_they_share_as_if_none_was()
    {
        Member[] members = [Degraded(Ready(1)), Degraded(Ready(2))];

        Follow(2, Start, members);

        Assert.Equal(Owned(2, members), _plan.Wanted.Order());
    }

    [Fact]
    public void Members_from_the_first_on_that_names_another_number_own_nothing()
    {
        Member[] members = [Ready(1), Ready(2), Ready(3, 50), Ready(4)];
        Follow(4, Start, members);
        Assert.Empty(_plan.Wanted);
        Assert.Equal(3, _plan.Deviating?.Number);
        Assert.True(_plan.IsAgreed);
        Follow(1, Start, members);
        Assert.Equal(Owned(1, Ready(1), Ready(2)), _plan.Wanted.Order());

        // The one with the other number is gone, and with it the reason.
        Follow(4, Start, members[0], members[1], members[3]);
        Assert.NotEmpty(_plan.Wanted);
        Assert.Null(_plan.Deviating);
    }

    [Fact]
    public void Nobody_owns_under_two_numbers_in_one_view_or_in_the_next()
    {
        // 3 would be the second that knows 100; it may not begin while 2, that knows 50, stands before it, nor when 1 has gone.
        var fifty = new PartitionPlan("billing", 50, Settle);
        Member[] all = [Ready(1), Starting(2, 50), Ready(3)];
        Follow(3, Start, all);
        fifty.Follow(View(1, all), self: 2, _held, Start);
        Assert.Empty(_plan.Wanted);
        Assert.Empty(fifty.Wanted);
        Assert.False(fifty.IsAgreed);

        Member[] later = [Ready(2, 50), Ready(3)];
        Follow(3, Start, later);
        fifty.Follow(View(2, later), self: 2, _held, Start);
        Assert.Empty(_plan.Wanted);
        Assert.Equal(50, fifty.Wanted.Count);
    }

    [Fact]
    public void A_note_that_nobody_can_read_is_none()
    {
        Follow(2, Start, Telling(1, "many"), Ready(2), Telling(3, ""), Telling(4, "-1"));

        Assert.Equal(Count, _plan.Wanted.Count);
    }

    [Fact]
    public void However_members_come_and_go_targets_are_those_of_the_view_and_what_is_kept_beside_them_ends_with_the_settle_time() => Prop.ForAll(
        Arb.From(Gen.Choose(0, 63).ArrayOf(12)),
        steps =>
        {
            var plan = new PartitionPlan("billing", 40, Settle);
            var now = Start;
            Dictionary<long, Member> members = new() { [1] = Ready(1, 40), [2] = Ready(2, 40) };
            foreach (var step in steps)
            {
                var number = 3 + (step % 8);
                if (!members.Remove(number))
                {
                    members[number] = Weighing(Ready(number, 40), $"{step / 16}");
                    members[number] = step % 5 == 0 ? Degraded(members[number]) : members[number];
                }

                var view = View(1, [.. members.Values.OrderBy(member => member.Number)]);
                var well = view with { Members = [.. view.Members.Where(member => !member.IsDegraded)] };
                now += TimeSpan.FromSeconds(step % 4);
                var held = plan.Wanted;
                plan.Follow(view, 1, held, now);
                Assert.Equal(Enumerable.Range(0, 40).Select(partition => well.OwnerOf($"billing/{partition}").Number), Enumerable.Range(0, 40).Select(plan.TargetOf));
                Assert.Superset(Enumerable.Range(0, 40).Where(partition => plan.TargetOf(partition) == 1).ToHashSet(), plan.Wanted.ToHashSet());
                Assert.Subset(held.Concat(Enumerable.Range(0, 40).Where(partition => plan.TargetOf(partition) == 1)).ToHashSet(), plan.Wanted.ToHashSet());
            }

            plan.Follow(View(2, [.. members.Values.OrderBy(member => member.Number)]), 1, plan.Wanted, now + Settle);
            Assert.Null(plan.Due);
            Assert.All(plan.Wanted, partition => Assert.Equal(1, plan.TargetOf(partition)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    private void Follow(long self, TimeSpan now, params Member[] members) => _plan.Follow(View(1, members), self, _held, now);

    private void Hold(IEnumerable<int> partitions) => _held.UnionWith(partitions);

    private static Member Degraded(Member member) =>
        member with { Metadata = new Dictionary<string, string>(member.Metadata) { ["coordination.degraded"] = "its disk is full" } };

    private static Member Leaving(Member member) => member with { Status = MemberStatus.Leaving };

    private static GroupView View(long number, params Member[] members) => Members.View(number, members);

    private static Member Ready(long number, int count = Count) => Telling(number, $"{count}");

    private static Member Starting(long number, int count = Count) => Telling(number, $"{count} starting");

    private static Member Weighing(Member member, string weight) =>
        member with { Metadata = new Dictionary<string, string>(member.Metadata) { ["weight"] = weight } };

    private static Member Telling(long number, string note) =>
        Members.Named($"m{number}", number) with { Metadata = new Dictionary<string, string> { ["coordination.partitions.billing"] = note } };

    private static IEnumerable<int> Owned(long number, params Member[] members)
    {
        var view = View(1, members);
        return Enumerable.Range(0, Count).Where(partition => view.OwnerOf($"billing/{partition}").Number == number);
    }
}
