namespace Coordination.UnitTests;

/// <summary>The numbers are frozen: they were computed by another program in another language, and a change of them moves everybody's keys.</summary>
public sealed class RendezvousHashTests
{
    private static readonly Dictionary<string, double> Equal = new() { ["foo"] = 1, ["bar"] = 1, ["baz"] = 1 };
    private static readonly Dictionary<string, double> Weighted = new() { ["foo"] = 0.5, ["bar"] = 1, ["baz"] = 4 };

    [Theory]
    [InlineData("", 14087677454934409008)]
    [InlineData("a", 6857225946766476583)]
    [InlineData("foobar", 6769637297169358415)]
    [InlineData("é", 7936488146098753722)]
    [InlineData("😀", 17479016507830949794)]
    [InlineData("node-1", 10712326326059668029)]
    public void A_text_has_this_hash(string text, ulong hash) => Assert.Equal(hash, RendezvousHash.Of(text));

    [Theory]
    [InlineData("fake", "baz foo bar", "baz foo bar")]
    [InlineData("fake-again", "bar foo baz", "bar baz foo")]
    [InlineData("node-1", "bar foo baz", "bar baz foo")]
    [InlineData("node-2", "bar baz foo", "baz bar foo")]
    [InlineData("node-3", "bar foo baz", "bar foo baz")]
    [InlineData("é", "bar baz foo", "baz bar foo")]
    [InlineData("", "baz bar foo", "baz bar foo")]
    public void Members_bid_for_a_key_in_this_order(string key, string equal, string weighted)
    {
        Assert.Equal(equal.Split(' '), Order(key, Equal));
        Assert.Equal(weighted.Split(' '), Order(key, Weighted));
    }

    [Theory]
    [InlineData("fake", "foo", 1, 0.37311158791657706)]
    [InlineData("fake", "bar", 2.5, 0.3163100094918905)]
    [InlineData("node-1", "foo", 1, 0.230976259708791)]
    [InlineData("node-1", "bar", 2.5, 0.04833569389355174)]
    public void A_bid_is_what_a_logarithm_of_any_platform_gives_up_to_its_last_bits(string key, string member, double weight, double bid) =>
        Assert.Equal(bid, RendezvousHash.Bid(RendezvousHash.Of(key), RendezvousHash.Of(member), weight), tolerance: 1e-15);

    private static IEnumerable<string> Order(string key, Dictionary<string, double> weights) =>
        weights.Keys.OrderBy(id => RendezvousHash.Bid(RendezvousHash.Of(key), RendezvousHash.Of(id), weights[id]));
}
