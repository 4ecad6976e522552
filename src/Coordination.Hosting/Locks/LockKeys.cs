using System.Buffers.Binary;
using System.Security.Cryptography;
using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>Turns a lock name into the bits that the server arbitrates. Frozen: processes of different versions must agree.</summary>
/// <remarks>
/// The prefix is encoded once; a name costs a hash over a buffer on the stack. Programs use the same names again and again, so
/// the last ones are remembered: a fixed number of places, two that the name's hash code gives it, the newest wins. With one for each,
/// every fourth of 256 names shared its place with another, and both were hashed at every use.
/// </remarks>
internal sealed class LockKeys
{
    private const int StackBytes = 2048;
    private const int Places = 1024; // a power of two
    private const int LongestRemembered = 128;

    private readonly KeyFormat _format;
    private readonly string _prefix;
    private readonly byte[] _head;
    private readonly Known?[] _known = new Known?[Places];

    /// <summary>Makes keys for one prefix.</summary>
    /// <param name="prefix">Put before every name; may be empty.</param>
    /// <param name="format">How to turn the text into bits.</param>
    public LockKeys(string prefix, KeyFormat format)
    {
        if (!Enum.IsDefined(format))
        {
            throw new ArgumentOutOfRangeException(nameof(format), format, "No such lock key format.");
        }

        _format = format;
        _prefix = prefix;

        // The version in front makes room for another derivation that shares no key with this one.
        _head = StrictUtf8.Encoding.GetBytes(format is KeyFormat.Default ? "coordination/1\0" + prefix : prefix);
    }

    private LockKeys(string head)
    {
        _format = KeyFormat.Default;
        _prefix = string.Empty;
        _head = StrictUtf8.Encoding.GetBytes(head);
    }

    /// <summary>
    /// Keys for the library's own locks of a group. What is hashed begins otherwise than for any user's name, whatever the prefix and the
    /// format, so the two never name one thing; a group's name has no control character in it.
    /// </summary>
    public static LockKeys Reserved(string group) => new("coordination/reserved/1\0" + group + "\0");

    /// <summary>The key of a name.</summary>
    /// <exception cref="ArgumentException">The name is <c>default</c>.</exception>
    public LockKey KeyOf(LockName name)
    {
        if (name.Value.Length == 0)
        {
            throw new ArgumentException("A lock name is empty; it needs 1 to 1,024 bytes of text.", nameof(name));
        }

        if (name.Value.Length > LongestRemembered)
        {
            return Derive(name);
        }

        // Written and read as one reference, so that two threads cannot make one name's text stand beside another's key.
        var hash = name.Value.GetHashCode();
        ref var first = ref _known[hash & (Places - 1)];
        ref var second = ref _known[(hash >>> 16) & (Places - 1)];
        if (Volatile.Read(ref first) is { } known && known.Name == name.Value)
        {
            return known.Key;
        }

        if (Volatile.Read(ref second) is { } other && other.Name == name.Value)
        {
            return other.Key;
        }

        var key = Derive(name);
        if (Volatile.Read(ref first) is { } older)
        {
            Volatile.Write(ref _known[(older.Name.GetHashCode() >>> 16) & (Places - 1)], older); // its own other place
        }

        Volatile.Write(ref first, new Known(name.Value, key));
        return key;
    }

    private LockKey Derive(LockName name)
    {
        // The library of that format looks at the text before it hashes.
        if (_format is KeyFormat.DistributedLock && DistributedLockKey.FromText(_prefix, name.Value) is { } readable)
        {
            return readable;
        }

        var most = _head.Length + LockName.MaxBytes;
        Span<byte> buffer = most <= StackBytes ? stackalloc byte[StackBytes] : new byte[most];
        _head.CopyTo(buffer);
        var length = _head.Length + StrictUtf8.Encoding.GetBytes(name.Value, buffer[_head.Length..]);
        return Hash(buffer[..length]);
    }

    private LockKey Hash(ReadOnlySpan<byte> text)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        switch (_format)
        {
            case KeyFormat.Tooz:
                // Two of sixteen bytes is what that library does; sharing a lock with it means to do the same.
                MD5.HashData(text, digest);
                return LockKey.Pair(digest[0], digest[1]);
            case KeyFormat.DistributedLock:
                SHA1.HashData(text, digest);
                return LockKey.Single(BinaryPrimitives.ReadInt64LittleEndian(digest));
            default:
                SHA256.HashData(text, digest);
                return LockKey.Single(BinaryPrimitives.ReadInt64BigEndian(digest));
        }
    }

    private sealed record Known(string Name, LockKey Key);
}
