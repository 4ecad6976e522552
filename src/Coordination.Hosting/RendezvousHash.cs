namespace Coordination;

/// <summary>Weighted rendezvous hashing: which members own a key. Frozen: the same in every process, on every platform, in every version.</summary>
/// <remarks>
/// <para>Every member bids for the key, and the lowest bid wins. A bid is an exponentially distributed number made of the two hashes, divided
/// by the weight, so a member wins in proportion to its weight. When a member goes, only its keys move; when one comes, keys move to
/// it and nowhere else.</para>
/// <para>Only additions, multiplications and divisions of IEEE doubles: their last bit is the same on every processor, which is not so for a
/// logarithm of the platform.</para>
/// </remarks>
internal static class RendezvousHash
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;
    private const double Ln2 = 0.69314718055994530942;
    private const double Sqrt2 = 1.41421356237309504880;

    // 2s·(1 + s²/3 + s⁴/5 + …) with s² under 0.0295: eleven terms reach beyond the last bit of a double.
    private const int Terms = 11;

    /// <summary>FNV-1a over the UTF-8 form of the text, finished by the mixer of SplitMix64.</summary>
    public static ulong Of(string text)
    {
        var hash = FnvOffset;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (var octet in utf8[..rune.EncodeToUtf8(utf8)])
            {
                hash = unchecked((hash ^ octet) * FnvPrime);
            }
        }

        return Mix(hash);
    }

    /// <summary>What a member bids for a key; the lowest wins.</summary>
    /// <param name="key">The hash of the key.</param>
    /// <param name="member">The hash of the member's id.</param>
    /// <param name="weight">More than zero.</param>
    public static double Bid(ulong key, ulong member, double weight)
    {
        // 52 bits and a half: never 0, whose logarithm there is not, and never 1.
        var uniform = ((Mix(key ^ member) >> 12) + 0.5) / (1L << 52);
        return -Log(uniform) / weight;
    }

    /// <summary>The member that owns the key, or null when nobody can own anything.</summary>
    public static Member? Owner(IReadOnlyList<Member> members, string key)
    {
        var hash = Of(key);
        Member? owner = null;
        var lowest = double.PositiveInfinity;
        for (var i = 0; i < members.Count; i++)
        {
            var member = members[i];
            if (!member.CanOwn)
            {
                continue;
            }

            var bid = Bid(hash, Of(member.Id), member.Weight);
            if (bid < lowest || (bid == lowest && string.CompareOrdinal(member.Id, owner!.Id) < 0))
            {
                (owner, lowest) = (member, bid);
            }
        }

        return owner;
    }

    /// <summary>The members that own the key, the first owner first: one of every zone before a second one of any.</summary>
    public static IReadOnlyList<Member> Owners(IEnumerable<Member> members, string key, int count)
    {
        var hash = Of(key);
        Dictionary<string, int> takenOf = new(StringComparer.Ordinal);
        return
        [
            .. members
                .Where(member => member.CanOwn)
                .OrderBy(member => Bid(hash, Of(member.Id), member.Weight))
                .ThenBy(member => member.Id, StringComparer.Ordinal)
                .Select(member => (Member: member, Round: takenOf[member.Zone] = takenOf.GetValueOrDefault(member.Zone) + 1))
                .OrderBy(place => place.Round)
                .Take(count)
                .Select(place => place.Member),
        ];
    }

    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }

    // The natural logarithm of a normal number over zero: exponent and mantissa apart, the mantissa by the series of atanh.
    private static double Log(double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var exponent = (int)(bits >> 52) - 1023;
        var mantissa = BitConverter.UInt64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        if (mantissa > Sqrt2)
        {
            mantissa /= 2;
            exponent++;
        }

        var s = (mantissa - 1) / (mantissa + 1);
        var square = s * s;
        var sum = 0.0;
        for (var term = Terms - 1; term >= 0; term--)
        {
            sum = (sum * square) + (1.0 / ((2 * term) + 1));
        }

        return (exponent * Ln2) + (2 * s * sum);
    }
}
