using System.Buffers.Binary;
using System.Security.Cryptography;
using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>The keys of the places of a lock with several holders. Frozen: processes of different versions must agree.</summary>
internal static class PlaceKeys
{
    /// <summary>For the first so many places; fewer places are the first of more.</summary>
    public static IReadOnlyList<LockKey> Of(LockKey key, int count)
    {
        var keys = new LockKey[count];
        Span<byte> text = stackalloc byte[24];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        "place/1\0"u8.CopyTo(text);
        text[8] = key.IsPair ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64BigEndian(text[9..], key.Bits);
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(text[17..], i);
            SHA256.HashData(text[..21], digest);
            keys[i] = LockKey.Single(BinaryPrimitives.ReadInt64BigEndian(digest));
        }

        return keys;
    }
}
