using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>Makes the server's key out of a lock's name. The formats are frozen: processes of different versions must agree.</summary>
internal sealed class LockKeys(string prefix, LockKeyFormat format)
{
    private const int AsciiLimit = 9;

    /// <exception cref="ArgumentException">The name is <c>default</c>.</exception>
    public LockKey KeyOf(LockName name)
    {
        if (name.Value.Length == 0)
        {
            throw new ArgumentException("A lock name is empty; it needs 1 to 1,024 bytes of text.", nameof(name));
        }

        return format switch
        {
            LockKeyFormat.Tooz => Tooz(prefix + name.Value),
            LockKeyFormat.DistributedLock => DistributedLock(prefix + name.Value),
            _ => Default(name.Value),
        };
    }

    /// <summary>The first 8 bytes, big-endian, of SHA-256 over "coordination/1", a zero byte, prefix and name.</summary>
    private LockKey Default(string name)
    {
        const string Domain = "coordination/1\0";
        var most = StrictUtf8.Encoding.GetMaxByteCount(Domain.Length + prefix.Length + name.Length);
        Span<byte> text = most <= 1024 ? stackalloc byte[most] : new byte[most];
        var used = Encoding.UTF8.GetBytes(Domain, text);
        used += StrictUtf8.Encoding.GetBytes(prefix, text[used..]);
        used += StrictUtf8.Encoding.GetBytes(name, text[used..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..used], hash);
        return LockKey.Single(BinaryPrimitives.ReadInt64BigEndian(hash));
    }

    /// <summary>As tooz does: two ints of 0 to 255, the first two bytes of the MD5.</summary>
    private static LockKey Tooz(string name)
    {
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(StrictUtf8.Encoding.GetBytes(name), hash);
        return LockKey.Pair(hash[0], hash[1]);
    }

    /// <summary>As madelson/DistributedLock does: short ASCII as it is, hexadecimal numbers as numbers, everything else hashed.</summary>
    private static LockKey DistributedLock(string name)
    {
        if (name.Length <= AsciiLimit && Ascii.IsValid(name))
        {
            return EncodeAscii(name);
        }

        if (name.Length == 16 && TryHex(name, out var single))
        {
            return LockKey.Single(unchecked((long)single));
        }

        if (name.Length == 17 && name[8] == ',' && TryHex(name.AsSpan(0, 8), out var high) && TryHex(name.AsSpan(9), out var low))
        {
            return LockKey.Pair(unchecked((int)high), unchecked((int)low));
        }

        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(StrictUtf8.Encoding.GetBytes(name), hash);
        return LockKey.Single(BinaryPrimitives.ReadInt64LittleEndian(hash));
    }

    /// <summary>7 bits a character, one 0 bit, then 7 bits of 1 for each character that is missing to nine.</summary>
    private static LockKey EncodeAscii(string name)
    {
        ulong bits = 0;
        foreach (var character in name)
        {
            bits = (bits << 7) | character;
        }

        bits <<= 1;
        for (var i = name.Length; i < AsciiLimit; i++)
        {
            bits = (bits << 7) | 0x7F;
        }

        return LockKey.Pair(unchecked((int)(bits >> 32)), unchecked((int)bits));
    }

    private static bool TryHex(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        foreach (var character in text)
        {
            if (!char.IsAsciiHexDigit(character))
            {
                return false;
            }

            value = (value << 4) | (uint)Convert.ToInt32(character.ToString(), 16);
        }

        return true;
    }
}
