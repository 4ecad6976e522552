using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>A Python service that maps keys to nodes by tooz's ring, and ours, agree about every owner.</summary>
public sealed class ToozRingTests
{
    private const int Limit = 120_000; // for a hang
    private const int Keys = 2000;

    /// <summary>Arguments: how many keys, then name and weight of each node. A line a key: its first owner, then its two owners as a set.</summary>
    private const string Script =
        """
        import sys
        from tooz import hashring
        ring = hashring.HashRing([])
        for name, weight in zip(sys.argv[2::2], sys.argv[3::2]):
            ring.add_node(name, int(weight))
        for i in range(int(sys.argv[1])):
            key = ('uuid-%d' % i).encode()
            print(' '.join(list(ring.get_nodes(key)) + sorted(ring.get_nodes(key, replicas=2))))
        """;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData("foo:1 bar:1 baz:1")]
    [InlineData("conductor-1:1 conductor-2:2 conductor-3:5 hôte:1")]
    [InlineData("a:1 aa:1 aaaa:2")] // they share points
    public async Task Every_key_has_the_owners_that_tooz_gives_it(string nodes)
    {
        Assert.SkipUnless(await DebianPython.HasAsync("tooz.hashring", Ending), "Debian's package python3-tooz is not installed here; install it to run this test.");
        var weights = nodes.Split(' ').Select(node => node.Split(':')).ToList();
        var ring = new ToozHashRing(weights.Select(pair => KeyValuePair.Create(pair[0], int.Parse(pair[1]))));
        using var theirs = DebianPython.Start(Script, [$"{Keys}", .. weights.SelectMany(pair => pair)]);

        for (var i = 0; i < Keys; i++)
        {
            var key = $"uuid-{i}";
            var ours = ring.OwnersOf(key, 2);
            Assert.Equal(await theirs.StandardOutput.ReadLineAsync(Ending), string.Join(' ', [ours[0], .. ours.Order(StringComparer.Ordinal)]));
        }
    }
}
