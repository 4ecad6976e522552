using System.Diagnostics;
using Coordination.Membership;
using Coordination.Partitioning;
using Coordination.UnitTests.Membership;

namespace Coordination.UnitTests.Partitioning;

/// <summary>How much moves when members come and go, over whole groups that each follow their own plan.</summary>
public sealed class PartitionMovesTests(ITestOutputHelper output)
{
    private const int Count = 100;
    private const int Group = 5;

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    private static readonly HashSet<int> Nothing = [];

    /// <summary>The least that any policy could do: every partition has to go once from the process that owns it, because that process ends.</summary>
    [Theory]
    [InlineData(2, true)] // the next one stops before the last one has settled
    [InlineData(4, true)]
    [InlineData(6, true)] // each settles and takes its own back before the next one stops
    [InlineData(60, true)]
    [InlineData(2, false)]
    [InlineData(6, false)]
    public void A_rolling_restart_of_five_members_moves_at_most_twice_what_it_must(int secondsBetween, bool hasStableIds)
    {
        var group = new SimulatedGroup(Count, Settle);
        var members = Enumerable.Range(0, Group).Select(i => group.Start($"conductor-{i}")).ToList();
        group.Wait(2 * Settle);
        var (before, idle, must) = (group.Moves, group.Idle, 0);
        for (var i = 0; i < Group; i++)
        {
            must += group.Of(members[i]);
            group.Stop(members[i]);
            group.Wait(TimeSpan.FromSeconds(1));
            members[i] = group.Start(hasStableIds ? $"conductor-{i}" : $"conductor-{i}-again");
            group.Wait(TimeSpan.FromSeconds(secondsBetween));
        }

        group.Wait(2 * Settle);
        output.WriteLine($"every {secondsBetween} s, {(hasStableIds ? "stable" : "new")} ids: {group.Moves - before} moves, {must} had to, without an owner {group.Idle - idle} ticks");
        Assert.Equal(Count, members.Sum(group.Of));
        Assert.InRange(group.Moves - before, Count, 2 * int.Max(Count, must));
        Assert.Equal(idle, group.Idle);
    }

    [Fact]
    public void A_restart_under_the_same_id_that_is_not_over_when_the_member_has_settled_ends_where_it_began()
    {
        var group = new SimulatedGroup(Count, Settle);
        var members = Enumerable.Range(0, Group).Select(i => group.Start($"conductor-{i}")).ToList();
        group.Wait(2 * Settle);
        var shares = members.Select(group.Of).ToList();

        group.Stop(members[2]);
        group.Wait(TimeSpan.FromSeconds(1));
        members[2] = group.Start("conductor-2");
        group.Wait(2 * Settle);

        Assert.Equal(shares, members.Select(group.Of));
    }

    [Fact]
    public void A_start_of_all_members_within_the_settle_time_moves_each_partition_at_most_once()
    {
        var group = new SimulatedGroup(Count, Settle);
        for (var i = 0; i < Group; i++)
        {
            group.Start($"conductor-{i}");
            group.Wait(TimeSpan.FromMilliseconds(750));
        }

        group.Wait(2 * Settle);
        Assert.InRange(group.Moves, Count / 2, Count);
    }

    [Fact]
    public void In_a_group_of_ten_thousand_a_death_moves_the_partitions_of_the_dead_and_a_view_costs_each_member_little()
    {
        const int Large = 10_000;
        const int Many = 1_000;
        const int Deaths = 50;
        Member[] members =
        [
            .. Enumerable.Range(1, Large).Select(i => Members.Named($"m{i}", i) with
            {
                Metadata = new Dictionary<string, string> { ["coordination.partitions.billing"] = $"{Many}" },
            }),
        ];
        var view = Members.View(1, members);
        var plan = new PartitionPlan("billing", Many, Settle);
        var first = Stopwatch.StartNew();
        plan.Follow(view, self: 1, Nothing, TimeSpan.Zero);
        first.Stop();
        var (folding, planning) = (new Stopwatch(), new Stopwatch());
        for (var death = 0; death < Deaths; death++)
        {
            var dead = view.Members[17 * death];
            var before = Enumerable.Range(0, Many).Select(plan.TargetOf).ToArray();
            var changes = Members.Next(view.Number.Number + 1, Members.Change(MemberChangeKind.Died, dead));

            folding.Start();
            view = ViewFold.Apply(view, changes);
            folding.Stop();
            planning.Start();
            plan.Follow(view, self: 1, Nothing, TimeSpan.Zero);
            planning.Stop();

            var moved = Enumerable.Range(0, Many).Where(partition => plan.TargetOf(partition) != before[partition]).ToList();
            Assert.Equal(Enumerable.Range(0, Many).Where(partition => before[partition] == dead.Number), moved);
        }

        output.WriteLine(
            $"{Large} members, {Many} partitions: first plan {first.Elapsed.TotalMilliseconds:0} ms; " +
            $"a death costs each member {folding.Elapsed.TotalMilliseconds / Deaths:0.00} ms for the view and {planning.Elapsed.TotalMilliseconds / Deaths:0.00} ms for the plan");
    }
}
