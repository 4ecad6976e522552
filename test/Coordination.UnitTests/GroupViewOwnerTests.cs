using System.Globalization;
using Coordination.UnitTests.Membership;
using FsCheck;
using FsCheck.Fluent;

namespace Coordination.UnitTests;

public sealed class GroupViewOwnerTests
{
    private const int Keys = 500;

    private static readonly string[] ManyKeys = [.. Enumerable.Range(0, Keys).Select(i => $"order-{i}")];
    private static readonly string[] Zones = ["", "a", "b", "c"];

    /// <summary>Two to nine members in any state of any zone with any weight, one of them up and with a weight for sure.</summary>
    private static Arbitrary<Member[]> Groups => Arb.From(
        from count in Gen.Choose(2, 9)
        from seed in Gen.Choose(0, 1_000_000)
        from statuses in Gen.Elements(Enum.GetValues<MemberStatus>()).ArrayOf(count)
        from weights in Gen.Elements("0", "0.5", "1", "3", "not a number").ArrayOf(count)
        from zones in Gen.Elements(Zones).ArrayOf(count)
        select Enumerable.Range(0, count)
            .Select(i => Member($"m{seed}-{i}", i + 1, i == 0 ? MemberStatus.Up : statuses[i], i == 0 ? "1" : weights[i], zones[i]))
            .ToArray());

    [Fact]
    public void When_a_member_goes_only_its_keys_move() => Prop.ForAll(Groups, members =>
    {
        var before = View(members);
        foreach (var gone in members.Skip(1))
        {
            var after = View([.. members.Where(member => member != gone)]);
            foreach (var key in ManyKeys.Where(key => before.OwnerOf(key) != gone))
            {
                Assert.Equal(before.OwnerOf(key), after.OwnerOf(key));
            }
        }
    }).Check(Quick);

    [Fact]
    public void The_order_of_the_members_and_those_who_cannot_own_make_no_difference() => Prop.ForAll(Groups, members =>
    {
        var view = View(members);
        var other = View([.. members.Reverse().Where(member => member.Status is MemberStatus.Up or MemberStatus.Suspect)]);
        Assert.All(ManyKeys, key => Assert.Equal(view.OwnerOf(key), other.OwnerOf(key)));
    }).Check(Quick);

    [Fact]
    public void Owners_begin_with_the_owner_differ_and_spread_over_zones_first() => Prop.ForAll(Groups, members =>
    {
        var view = View(members);
        foreach (var key in ManyKeys.Take(50))
        {
            var all = view.OwnersOf(key, members.Length);
            Assert.Equal(view.OwnerOf(key), all[0]);
            Assert.Equal(all.Count, all.Distinct().Count());
            var zones = all.Select(Zone).Distinct().Count();
            Assert.Equal(zones, all.Take(zones).Select(Zone).Distinct().Count());
            Assert.Equal(all.Take(2), view.OwnersOf(key, 2));
        }
    }).Check(Quick);

    [Fact]
    public void Whoever_is_ignored_gives_its_place_to_the_next_of_the_same_zone_or_to_the_next_at_all() => Prop.ForAll(Groups, members =>
    {
        var view = View(members);
        foreach (var key in ManyKeys.Take(50).Where(key => view.OwnersOf(key, 2).Count == 2))
        {
            var owner = view.OwnerOf(key);
            var without = View([.. members.Where(member => member != owner)]);
            Assert.Equal(without.OwnersOf(key, 3), view.OwnersOf(key, 3, ignore: [owner.Id]));
        }
    }).Check(Quick);

    [Theory]
    [InlineData(null, null, null, 1 / 3.0)]
    [InlineData("2", "1", "1", 0.5)]
    [InlineData("0.5", "1", "1", 0.2)]
    [InlineData("0", "1", "1", 0)]
    [InlineData("8", "0", "0", 1)]
    [InlineData("-1", "1", "1", 1 / 3.0)]
    [InlineData("NaN", "1", null, 1 / 3.0)]
    [InlineData("1,5", null, null, 1 / 3.0)]
    public void A_member_owns_in_proportion_to_its_weight_and_what_is_no_weight_counts_as_one(string? first, string? second, string? third, double share)
    {
        const int Many = 20_000;
        var view = View(Member("ann", 1, MemberStatus.Up, first), Member("bob", 2, MemberStatus.Up, second), Member("cid", 3, MemberStatus.Up, third));

        var owned = Enumerable.Range(0, Many).Count(i => view.OwnerOf(i.ToString(CultureInfo.InvariantCulture)).Id == "ann");

        // Five standard deviations of a fair draw.
        Assert.Equal(share, owned / (double)Many, tolerance: 5 * Math.Sqrt(0.25 / Many));
    }

    [Fact]
    public void A_suspect_keeps_its_keys_and_one_that_leaves_or_is_not_ready_has_none()
    {
        var (up, suspect) = (View(Members.Named("ann", 1), Members.Named("bob", 2)), View(Members.Named("ann", 1, MemberStatus.Suspect), Members.Named("bob", 2)));
        Assert.All(ManyKeys, key => Assert.Equal(up.OwnerOf(key).Id, suspect.OwnerOf(key).Id));

        foreach (var status in new[] { MemberStatus.Leaving, MemberStatus.Joining })
        {
            Assert.All(ManyKeys, key => Assert.Equal("bob", View(Members.Named("ann", 1, status), Members.Named("bob", 2)).OwnerOf(key).Id));
        }
    }

    [Fact]
    public void Without_an_owner_there_is_an_error_that_says_why()
    {
        Assert.Throws<NoMemberAvailableException>(() => GroupView.Empty.OwnerOf("x"));
        Assert.Throws<NoMemberAvailableException>(() => View(Member("ann", 1, MemberStatus.Up, "0")).OwnersOf("x", 1));
        var view = View(Members.Named("ann", 1));
        var error = Assert.Throws<NoMemberAvailableException>(() => view.OwnersOf("x", 2, ["ann"]));
        Assert.Contains("1 members and none that can own a key beside the 1 that are ignored", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.OwnersOf("x", 0));
    }

    private static Config Quick => Config.QuickThrowOnFailure.WithMaxTest(40);

    private static GroupView View(params Member[] members) => Members.View(1, members);

    private static string Zone(Member member) => member.Metadata.GetValueOrDefault("zone") ?? string.Empty;

    private static Member Member(string id, long number, MemberStatus status, string? weight, string? zone = null) =>
        Members.Named(id, number, status) with
        {
            Metadata = new Dictionary<string, string?> { ["weight"] = weight, ["zone"] = zone }
                .Where(pair => pair.Value is not null)
                .ToDictionary(pair => pair.Key, pair => pair.Value!),
        };
}
