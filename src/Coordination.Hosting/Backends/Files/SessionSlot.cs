using System.Runtime.InteropServices;

namespace Coordination.Backends.Files;

/// <summary>One session, as the shared memory has it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct SessionSlot
{
    /// <summary>In the place of <see cref="HeardAt"/>: judged for its silence, and not buried yet.</summary>
    public const long Condemned = long.MinValue;

    /// <summary>Where <see cref="HeardAt"/> stands.</summary>
    public const int HeardAtOffset = sizeof(long);

    /// <summary>Where <see cref="Member"/> stands.</summary>
    public const int MemberOffset = 3 * sizeof(long);

    /// <summary>Where <see cref="Evicted"/> stands.</summary>
    public const int EvictedOffset = 5 * sizeof(long);

    /// <summary>Never used again, with the slot in its last bits; 0: the slot is free.</summary>
    public long Number;

    /// <summary>The machine's monotonic clock when it was last heard.</summary>
    public long HeardAt;

    /// <summary>How long it may be silent, in the clock's units.</summary>
    public long Lease;

    /// <summary>The member's number; 0 for an observer.</summary>
    public long Member;

    /// <summary>The group, as <see cref="FolderPaths.GroupOf"/> says it.</summary>
    public long Group;

    /// <summary>Another process took the member's place: the session has to end, and keeps its locks until it has.</summary>
    public long Evicted;
}
