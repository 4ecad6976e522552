namespace Coordination.Backends.Files;

/// <summary>The sessions.</summary>
internal sealed partial class StateMap
{
    public SessionSlot ReadSession(int slot)
    {
        _view.Read<SessionSlot>(Header + ((long)slot * SessionSize), out var session);
        return session;
    }

    /// <summary>Its number is written last: until then the slot is free in everybody's eyes.</summary>
    public void WriteSession(int slot, SessionSlot session)
    {
        var at = Header + ((long)slot * SessionSize);
        var unnamed = session with { Number = 0 };
        _view.Write(at, ref unnamed);
        _view.Write(at, session.Number);
    }

    /// <summary>Whose slot it is; looked at without the mutex.</summary>
    public long ReadNumber(int slot) => _view.ReadInt64(Header + ((long)slot * SessionSize));

    public bool IsEvicted(int slot) => _view.ReadInt64(Header + ((long)slot * SessionSize) + SessionSlot.EvictedOffset) != 0;

    public void Evict(int slot) => _view.Write(Header + ((long)slot * SessionSize) + SessionSlot.EvictedOffset, 1L);

    public void FreeSession(int slot) => _view.Write(Header + ((long)slot * SessionSize), 0L);

    public void WriteMember(int slot, long member) => _view.Write(Header + ((long)slot * SessionSize) + SessionSlot.MemberOffset, member);

    public long ReadHeartbeat(int slot) => _view.ReadInt64(HeartbeatAt(slot));

    /// <summary>A session's own word, outside the mutex.</summary>
    /// <returns>False when the session is over: nothing was written.</returns>
    public bool TryWriteHeartbeat(int slot, long session, long timestamp)
    {
        while (true)
        {
            // The word first and then whose it is: then it was that session's. Who stands still from here on until the slot is another's finds
            // another word, because whoever takes a slot writes a greater one, and whoever is judged has it replaced.
            var heard = ReadHeartbeat(slot);
            Interlocked.MemoryBarrier();
            if (ReadNumber(slot) != session || heard == SessionSlot.Condemned)
            {
                return false;
            }

            if (Swap(HeartbeatAt(slot), heard, Math.Max(heard, timestamp)))
            {
                return true;
            }
        }
    }

    /// <summary>The verdict over a session that was last heard at <paramref name="heard"/>: from now on it cannot beat.</summary>
    /// <returns>False when it has beaten meanwhile.</returns>
    public bool TryCondemn(int slot, long heard) => Swap(HeartbeatAt(slot), heard, SessionSlot.Condemned);

    private static long HeartbeatAt(int slot) => Header + ((long)slot * SessionSize) + SessionSlot.HeardAtOffset;

    private unsafe bool Swap(long at, long expected, long value)
    {
        byte* memory = null;
        var handle = _view.SafeMemoryMappedViewHandle;
        handle.AcquirePointer(ref memory);
        try
        {
            return Interlocked.CompareExchange(ref *(long*)(memory + _view.PointerOffset + at), value, expected) == expected;
        }
        finally
        {
            handle.ReleasePointer();
        }
    }
}
