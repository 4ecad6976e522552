using System.IO.MemoryMappedFiles;

namespace Coordination.Backends.Files;

/// <summary>The memory that the processes of a folder share: counters, sessions, and locks in chains of records.</summary>
/// <remarks>
/// Changed under the folder's mutex only, but for <see cref="Retired"/> and a session's own heartbeat, which is compared and swapped; looked at without it where one word says all.
/// A process may be killed between any two writes: so each change takes effect by one last write of one aligned word, and until
/// then nobody sees it. What a kill in between can cost is a record that nobody uses again.
/// </remarks>
internal sealed partial class StateMap : IDisposable
{
    public const int SlotBits = 10;
    public const int MostSessions = 1 << SlotBits;
    public const int MostRecords = 1 << 16;

    private const long Magic = 0x3230_6472_6f6f_43;
    private const int RetiredAt = 8;
    private const int MendingJump = 1000;
    private const int Header = 4096;
    private const int SessionSize = 64;
    private const int Buckets = 1 << 14;
    private const int RecordSize = 64;
    private const long BucketsAt = Header + (MostSessions * SessionSize);
    private const long RecordsAt = BucketsAt + (Buckets * sizeof(int));
    private const long Size = RecordsAt + ((long)MostRecords * RecordSize);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private StateMap(FileStream stream)
    {
        _file = MemoryMappedFile.CreateFromFile(stream, mapName: null, Size, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, Size);
    }

    /// <summary>The folder goes on elsewhere: whatever is written here is seen by nobody any more.</summary>
    public bool Retired
    {
        get => _view.ReadInt64(RetiredAt) != 0;
        set => _view.Write(RetiredAt, value ? 1L : 0L);
    }

    /// <summary>How often the mutex was taken: who finds it taken and this number unchanged for long knows that its owner is stuck.</summary>
    public long Entries { get => _view.ReadInt64(16); set => _view.Write(16, value); }

    public long LastGrant { get => _view.ReadInt64(24); set => _view.Write(24, value); }

    public long LastTicket { get => _view.ReadInt64(32); set => _view.Write(32, value); }

    public long LastMember { get => _view.ReadInt64(40); set => _view.Write(40, value); }

    public long LastSession { get => _view.ReadInt64(48); set => _view.Write(48, value); }

    /// <summary>Rises with every new view of any group, before it can be read.</summary>
    public long ViewStamp { get => _view.ReadInt64(56); set => _view.Write(56, value); }

    /// <summary>Rises when a place of a lock with several holders, or one in the line for it, is gone.</summary>
    public long PlaceStamp { get => _view.ReadInt64(72); set => _view.Write(72, value); }

    /// <summary>One more than the greatest slot that was ever used.</summary>
    public int SlotCount { get => _view.ReadInt32(80); set => _view.Write(80, value); }

    /// <summary>A word to prove with that two mappings show the same memory.</summary>
    public long Echo { get => _view.ReadInt64(88); set => _view.Write(88, value); }

    private int FirstFree { get => _view.ReadInt32(64); set => _view.Write(64, value); }

    private int LastRecord { get => _view.ReadInt32(68); set => _view.Write(68, value); }

    /// <summary>Makes a new one, with nobody in it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="epoch">Where the numbers begin that have to rise for ever: of grants and of members.</param>
    /// <exception cref="IOException">There is no room for it.</exception>
    public static StateMap Create(string path, long epoch)
    {
        // Written, and not only as long as that: a page that gets its room when it is first touched ends the process when there is none.
        using (var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            var zeros = new byte[1 << 16];
            for (var left = Size; left > 0; left -= zeros.Length)
            {
                stream.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            }
        }

        var map = new StateMap(OpenFile(path)) { LastGrant = epoch, LastMember = epoch };
        map._view.Write(0, Magic);
        return map;
    }

    /// <summary>Tells those who may have one of another version open that it counts no more.</summary>
    public static void Retire(string path)
    {
        using var stream = OpenFile(path);
        stream.Position = RetiredAt;
        stream.Write(BitConverter.GetBytes(1L));
    }

    /// <exception cref="CoordinationConfigurationException">The file is something else.</exception>
    public static StateMap Open(string path)
    {
        var stream = OpenFile(path);
        if (stream.Length == Size)
        {
            var map = new StateMap(stream);
            if (map._view.ReadInt64(0) == Magic)
            {
                return map;
            }

            map.Dispose();
        }

        stream.Dispose();
        throw new CoordinationConfigurationException(
            $"'{path}' was not written by this version of Coordination.Hosting. Stop all processes that use the folder and delete it, or name another one in BackendUrl.");
    }

    /// <summary>Writes all of it into another file, as it is at this instant.</summary>
    public void CopyTo(string path)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        using var view = _file.CreateViewStream(0, Size, MemoryMappedFileAccess.Read);
        view.CopyTo(stream);
    }

    public int FirstOf(LockKey chain) => _view.ReadInt32(BucketAt(chain));

    public LockRecord Read(int record)
    {
        _view.Read<LockRecord>(RecordAt(record), out var value);
        return value;
    }

    /// <summary>A waiter's look at its own record, outside the mutex.</summary>
    public RecordState ReadState(int record) => (RecordState)_view.ReadInt32(RecordAt(record));

    /// <summary>Puts a record in front of the chain.</summary>
    /// <returns>Its place; 0 when there is no room left.</returns>
    public int Add(LockKey chain, LockRecord value)
    {
        var place = FirstFree;
        if (place != 0)
        {
            FirstFree = Read(place).Next;
        }
        else if (LastRecord < MostRecords - 1)
        {
            place = ++LastRecord;
        }
        else
        {
            return 0;
        }

        // The state after the rest: whoever copies the memory meanwhile copies no half record.
        var unseen = value with { Next = FirstOf(chain), State = RecordState.Free };
        _view.Write(RecordAt(place), ref unseen);
        Interlocked.MemoryBarrier();
        _view.Write(RecordAt(place), (int)value.State);
        _view.Write(BucketAt(chain), place);
        return place;
    }

    /// <summary>What waited is held now. The state is written last.</summary>
    public void Grant(int record, long token)
    {
        var at = RecordAt(record);
        _view.Write(at + LockRecord.NumberOffset, token);
        Interlocked.MemoryBarrier();
        _view.Write(at, (int)RecordState.Held);
    }

    /// <summary>Takes a record out of its chain.</summary>
    public void Remove(LockKey chain, int record)
    {
        var next = Read(record).Next;
        var before = 0;
        var place = FirstOf(chain);
        while (place != record && place != 0)
        {
            before = place;
            place = Read(place).Next;
        }

        // Not in it: whoever put it there, or took it out, was killed between two writes.
        if (place != 0)
        {
            _view.Write(before == 0 ? BucketAt(chain) : RecordAt(before) + LockRecord.NextOffset, next);
        }

        _view.Write(RecordAt(record), (int)RecordState.Free);
        _view.Write(RecordAt(record) + LockRecord.NextOffset, FirstFree);
        FirstFree = record;
    }

    /// <summary>The places of all records in use.</summary>
    public IEnumerable<int> Records()
    {
        for (var place = 1; place <= LastRecord; place++)
        {
            if (ReadState(place) is not RecordState.Free)
            {
                yield return place;
            }
        }
    }

    /// <summary>
    /// Makes a copy whole that was taken while somebody may have been writing: chains are made from the records, and every number goes on
    /// well above what that one may have given out.
    /// </summary>
    public void Mend()
    {
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            _view.Write(BucketsAt + ((long)bucket * sizeof(int)), 0);
        }

        FirstFree = 0;
        for (var place = 1; place <= LastRecord; place++)
        {
            var record = Read(place);
            if (record.State is RecordState.Free)
            {
                _view.Write(RecordAt(place) + LockRecord.NextOffset, FirstFree);
                FirstFree = place;
            }
            else
            {
                _view.Write(RecordAt(place) + LockRecord.NextOffset, FirstOf(record.Chain));
                _view.Write(BucketAt(record.Chain), place);
            }
        }

        LastGrant += MendingJump;
        LastTicket += MendingJump;
        LastMember += MendingJump;
        LastSession += MendingJump;
        ViewStamp++;
        PlaceStamp++;
        Retired = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static FileStream OpenFile(string path) => new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private static long RecordAt(int place) => RecordsAt + ((long)place * RecordSize);

    private static long BucketAt(LockKey key)
    {
        var bits = unchecked((ulong)key.Bits + (key.IsPair ? 1UL : 0UL)) * 0x9E37_79B9_7F4A_7C15UL;
        return BucketsAt + ((long)(bits >> 50) * sizeof(int));
    }
}
