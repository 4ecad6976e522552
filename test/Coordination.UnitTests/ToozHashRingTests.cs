namespace Coordination.UnitTests;

public sealed class ToozHashRingTests
{
    private static readonly string[] Nodes = ["foo", "bar", "baz"];

    [Theory]
    [InlineData("fake", "foo", "bar", "baz")]
    [InlineData("fake-again", "bar", "baz", "foo")]
    [InlineData("node-1", "bar", "foo", "baz")]
    [InlineData("node-2", "baz", "bar", "foo")]
    [InlineData("node-3", "baz", "foo", "bar")]
    public void Keys_have_the_owners_that_tooz_gives_them(string key, params string[] owners)
    {
        var ring = new ToozHashRing(Nodes);

        Assert.Equal(owners, ring.OwnersOf(key, 3));
        Assert.Equal(owners[0], ring.OwnerOf(key));
        Assert.Equal(owners[1..], ring.OwnersOf(key, 3, ignore: [owners[0]]));
    }

    [Fact]
    public void A_weight_multiplies_the_share_of_a_node()
    {
        var ring = new ToozHashRing([KeyValuePair.Create("one", 1), KeyValuePair.Create("three", 3)], points: 1024);

        var owned = Enumerable.Range(0, 4000).Count(i => ring.OwnerOf($"{i}") == "three");

        Assert.InRange(owned / 4000.0, 0.7, 0.8);
    }

    [Fact]
    public void More_owners_than_nodes_are_all_nodes_and_duplicates_count_once()
    {
        var ring = new ToozHashRing(["foo", "bar", "foo"]);

        Assert.Equal(["bar", "foo"], ring.Nodes.Order());
        Assert.Equal(["bar", "foo"], ring.OwnersOf("fake", 9).Order());
    }

    [Theory]
    [InlineData("fake", "bar")]
    [InlineData("fake-again", "é")]
    [InlineData("node-2", "é")]
    [InlineData("é", "é")]
    [InlineData("😀", "é")]
    [InlineData("", "bar")]
    public void Weights_and_any_text_give_the_owners_that_tooz_gives(string key, string owner) => Assert.Equal(
        owner,
        new ToozHashRing([KeyValuePair.Create("foo", 1), KeyValuePair.Create("bar", 2), KeyValuePair.Create("é", 3)]).OwnerOf(key));

    [Fact]
    public void A_point_that_two_nodes_share_belongs_to_the_later_one()
    {
        // "aa" twice is "a" four times: the ring has one point for both, and key 11 stands right before it.
        Assert.Equal("aa", new ToozHashRing(["a", "aa"], points: 3).OwnerOf("11"));
        Assert.Equal("a", new ToozHashRing(["aa", "a"], points: 3).OwnerOf("11"));
    }

    [Fact]
    public void An_empty_ring_has_no_owner_and_a_wrong_one_is_refused()
    {
        Assert.Throws<NoMemberAvailableException>(() => new ToozHashRing(Array.Empty<string>()).OwnerOf("x"));
        Assert.Throws<NoMemberAvailableException>(() => new ToozHashRing(Nodes).OwnersOf("x", 1, Nodes));
        Assert.Throws<ArgumentException>(() => new ToozHashRing(["foo", ""]));
        Assert.Throws<ArgumentException>(() => new ToozHashRing([KeyValuePair.Create("foo", 1), KeyValuePair.Create("foo", 2)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ToozHashRing([KeyValuePair.Create("foo", 0)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ToozHashRing(Nodes, points: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ToozHashRing(Nodes).OwnersOf("x", 0));
    }
}
