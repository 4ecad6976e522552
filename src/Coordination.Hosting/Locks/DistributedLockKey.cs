using System.Globalization;
using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>The texts that madelson/DistributedLock turns into a key without hashing them.</summary>
internal static class DistributedLockKey
{
    private const int MaxAsciiLength = 9;
    private const int HexLength = 16;
    private const int BitsPerChar = 7;
    private const ulong Padding = 0x7F;

    /// <summary>The key of a text of up to nine ASCII characters, of 16 hex digits, or of two times 8 hex digits; null for any other.</summary>
    public static LockKey? FromText(string prefix, string name)
    {
        // One char more than the longest form is enough to see that it is none of them.
        Span<char> buffer = stackalloc char[HexLength + 2];
        var length = prefix.Length + name.Length;
        if (length >= buffer.Length)
        {
            return null;
        }

        prefix.CopyTo(buffer);
        name.CopyTo(buffer[prefix.Length..]);
        return FromText(buffer[..length]);
    }

    /// <summary>The same for a whole text.</summary>
    public static LockKey? FromText(ReadOnlySpan<char> text) =>
        text.Length <= MaxAsciiLength && System.Text.Ascii.IsValid(text) ? FromAscii(text)
        : text.Length == HexLength && TryHex(text, out var whole) ? LockKey.Single((long)whole)
        : text.Length == HexLength + 1 && text[8] == ',' && TryHex(text[..8], out var high) && TryHex(text[9..], out var low)
            ? LockKey.Pair((int)high, (int)low)
            : null;

    // Seven bits a char, then a 0 that marks the end of the text, then ones: short texts differ from those that continue them.
    private static LockKey FromAscii(ReadOnlySpan<char> text)
    {
        ulong bits = 0;
        foreach (var c in text)
        {
            bits = (bits << BitsPerChar) | c;
        }

        bits <<= 1;
        for (var i = text.Length; i < MaxAsciiLength; i++)
        {
            bits = (bits << BitsPerChar) | Padding;
        }

        return LockKey.Pair((int)(bits >> 32), (int)bits);
    }

    private static bool TryHex(ReadOnlySpan<char> text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
