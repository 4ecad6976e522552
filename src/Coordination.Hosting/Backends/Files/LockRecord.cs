using System.Runtime.InteropServices;

namespace Coordination.Backends.Files;

/// <summary>One session that holds a key or waits for it, as the shared memory has it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct LockRecord
{
    /// <summary>Where <see cref="Next"/> stands.</summary>
    public const int NextOffset = sizeof(int);

    /// <summary>Where <see cref="Number"/> stands.</summary>
    public const int NumberOffset = 2 * sizeof(long);

    public RecordState State;

    /// <summary>The next record of the chain; 0: the last.</summary>
    public int Next;

    public long Bits;

    /// <summary>Of a holder the token, of a waiter its place in the line.</summary>
    public long Number;

    public long Session;

    /// <summary>Of a place of a lock with several holders: the bits of the name's own key, in whose chain the record stands.</summary>
    public long Name;

    public int IsPair;

    public int IsNamePair;

    public int IsShared;

    /// <summary>Of a place, and of one who waits for a place: how many holders the name may have. Else 1.</summary>
    public int MaxHolders;

    public readonly LockKey Key => new(Bits, IsPair != 0);

    /// <summary>Whether it is a place that somebody holds.</summary>
    public readonly bool IsPlace => State is RecordState.Held && MaxHolders > 1;

    /// <summary>In whose chain it stands.</summary>
    public readonly LockKey Chain => IsPlace ? new(Name, IsNamePair != 0) : Key;

    public readonly LockMode Mode => IsShared != 0 ? LockMode.Shared : LockMode.Exclusive;
}
