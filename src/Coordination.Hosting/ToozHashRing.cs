using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Coordination;

/// <summary>The consistent hash ring of OpenStack's tooz: the same owners for the same nodes and keys, while a Python service is replaced.</summary>
/// <remarks>
/// <para>For new services <see cref="GroupView.OwnerOf"/> spreads keys more evenly and needs no ring.</para>
/// <para>A ring never changes: make a new one for another set of nodes. Any thread may ask it. Point <c>r</c> of a node is the MD5 of its name
/// repeated <c>r + 2</c> times, as a big-endian number; the owner of a key is the node of the first point that is greater than the MD5 of the
/// key, from the start again after the last.</para>
/// <para>Names like <c>a</c> and <c>aa</c> share points. A shared point belongs to the node that was named later; tooz gives it to either,
/// unless nodes are added to it one by one.</para>
/// </remarks>
public sealed class ToozHashRing
{
    /// <summary>How many points tooz gives to a node of weight 1, and ironic with its <c>hash_partition_exponent</c> of 5.</summary>
    public const int DefaultPoints = 32;

    private readonly UInt128[] _points;
    private readonly string[] _owners;

    /// <summary>Makes a ring of nodes with weight 1.</summary>
    /// <param name="nodes">Their names; duplicates count once.</param>
    /// <param name="points">Points of each node, at least 1.</param>
    /// <exception cref="ArgumentException">A name is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No points.</exception>
    public ToozHashRing(IEnumerable<string> nodes, int points = DefaultPoints)
        : this(Weighted(nodes), points)
    {
    }

    /// <summary>Makes a ring of nodes with weights.</summary>
    /// <param name="weights">Name and weight of each node; a weight is at least 1 and multiplies the points.</param>
    /// <param name="points">Points of each node for weight 1, at least 1.</param>
    /// <exception cref="ArgumentException">A name is null, empty or given twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No points, or a weight under 1.</exception>
    public ToozHashRing(IEnumerable<KeyValuePair<string, int>> weights, int points = DefaultPoints)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        SortedDictionary<UInt128, string> ring = [];
        HashSet<string> nodes = new(StringComparer.Ordinal);
        foreach (var (node, weight) in weights)
        {
            ArgumentException.ThrowIfNullOrEmpty(node, nameof(weights));
            ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1, nameof(weights));
            if (!nodes.Add(node))
            {
                throw new ArgumentException($"Node '{node}' is given twice; give it once, with its weight.", nameof(weights));
            }

            AddPoints(ring, node, checked(points * weight));
        }

        Nodes = [.. nodes];
        _points = [.. ring.Keys];
        _owners = [.. ring.Values];
    }

    /// <summary>The names of the nodes.</summary>
    public IReadOnlyList<string> Nodes { get; }

    /// <summary>The node that owns a key.</summary>
    /// <param name="key">Any text; its UTF-8 form counts.</param>
    /// <returns>A name out of <see cref="Nodes"/>.</returns>
    /// <exception cref="NoMemberAvailableException">The ring has no node.</exception>
    public string OwnerOf(string key) => OwnersOf(key, 1)[0];

    /// <summary>The nodes that own a key, in the order of their points from the key on.</summary>
    /// <param name="key">Any text; its UTF-8 form counts.</param>
    /// <param name="count">How many, at least 1; fewer come when there are fewer.</param>
    /// <param name="ignore">Nodes that do not count.</param>
    /// <returns>Different names out of <see cref="Nodes"/>. tooz gives the same ones, as a set without an order.</returns>
    /// <exception cref="NoMemberAvailableException">No node is left.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A count under 1.</exception>
    public IReadOnlyList<string> OwnersOf(string key, int count, IEnumerable<string>? ignore = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        HashSet<string> passed = new(ignore ?? [], StringComparer.Ordinal);
        List<string> owners = [];
        var first = FirstAfter(BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(Encoding.UTF8.GetBytes(key))));
        for (var step = 0; step < _points.Length && owners.Count < count; step++)
        {
            var owner = _owners[(first + step) % _points.Length];
            if (passed.Add(owner))
            {
                owners.Add(owner);
            }
        }

        return owners.Count > 0
            ? owners
            : throw new NoMemberAvailableException($"The ring has {Nodes.Count} nodes and none that is not ignored. Make it of those that are alive.");
    }

    private static IEnumerable<KeyValuePair<string, int>> Weighted(IEnumerable<string> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return nodes.Distinct(StringComparer.Ordinal).Select(node => KeyValuePair.Create(node, 1));
    }

    private static void AddPoints(SortedDictionary<UInt128, string> ring, string node, int points)
    {
        var name = Encoding.UTF8.GetBytes(node);
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        md5.AppendData(name);
        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        for (var point = 0; point < points; point++)
        {
            md5.AppendData(name);
            md5.GetCurrentHash(digest);
            ring[BinaryPrimitives.ReadUInt128BigEndian(digest)] = node;
        }
    }

    // The first point that is strictly greater; one that is equal is passed over, as bisect does.
    private int FirstAfter(UInt128 key)
    {
        var found = Array.BinarySearch(_points, key);
        return found >= 0 ? found + 1 : ~found;
    }
}
