namespace Coordination.Backends.Files;

/// <summary>Who holds which key and who stands in line for it. The folder's mutex is around it.</summary>
/// <remarks>
/// First come, first served by key: a shared request waits behind an exclusive one that came before, and a try is refused where anybody
/// waits. Whoever frees a key serves its line. Nobody is refused for the sake of one who does not live any more: that is looked at first.
/// </remarks>
/// <param name="folder">The shared memory.</param>
/// <param name="buryIfDead">Removes a session that does not live any more; false when it lives.</param>
internal sealed class FileLocks(Folder folder, Func<long, bool> buryIfDead)
{
    private StateMap Map => folder.Map;

    /// <returns>The token, or null when the key is busy.</returns>
    public long? Try(long session, LockKey key, LockMode mode)
    {
        while (FindBlocker(session, key, mode) is var blocker && blocker != 0)
        {
            if (!buryIfDead(blocker))
            {
                return null;
            }
        }

        var token = NextToken();
        Add(New(session, key, mode) with { State = RecordState.Held, Number = token });
        return token;
    }

    /// <summary>Stands in line.</summary>
    /// <returns>Where to look for the grant.</returns>
    public int Wait(long session, LockKey key, LockMode mode)
    {
        while (FindBlocker(session, key, mode) is var blocker && blocker != 0 && buryIfDead(blocker))
        {
            // Once more: there may be another.
        }

        var place = Add(New(session, key, mode) with { State = RecordState.Waiting, Number = ++Map.LastTicket });
        Serve(key);
        return place;
    }

    /// <summary>Gives up waiting.</summary>
    /// <returns>The grant's token, when that came first; then the key is held.</returns>
    public long? Withdraw(int place)
    {
        var record = Map.Read(place);
        if (record.State is RecordState.Held)
        {
            return record.Number;
        }

        Map.Remove(record.Chain, place);
        Freed(record);
        return null;
    }

    /// <returns>Whether the session had held the key.</returns>
    public bool Release(long session, LockKey key, LockKey chain)
    {
        foreach (var (place, record) in Chain(chain))
        {
            if (record.State is RecordState.Held && record.Key == key && record.Session == session)
            {
                Map.Remove(chain, place);
                Freed(record);
                return true;
            }
        }

        return false;
    }

    /// <summary>A new token for a key that is held, unless somebody waits for it.</summary>
    public long? Extend(LockKey key)
    {
        foreach (var (_, record) in Chain(key))
        {
            if (record.State is RecordState.Waiting && record.Key == key)
            {
                return null;
            }
        }

        return NextToken();
    }

    /// <summary>Who holds a key, or a place of it, and how many wait for it.</summary>
    public (IReadOnlyList<long> Holders, int Waiters) Look(LockKey key)
    {
        var records = Chain(key).Select(one => one.Record).Where(record => record.Chain == key).ToList();
        return ([.. records.Where(record => record.State is RecordState.Held).Select(record => record.Session)], records.Count(record => record.State is not RecordState.Held));
    }

    /// <summary>Frees everything that a session held, and its places in lines.</summary>
    public void ReleaseAll(long session)
    {
        foreach (var place in Map.Records())
        {
            var record = Map.Read(place);
            if (record.Session == session)
            {
                Map.Remove(record.Chain, place);
                Freed(record);
            }
        }
    }

    /// <summary>All records of a chain; of other keys as well.</summary>
    public List<(int Place, LockRecord Record)> Chain(LockKey key)
    {
        List<(int Place, LockRecord Record)> all = [];
        for (var place = Map.FirstOf(key); place != 0;)
        {
            var record = Map.Read(place);
            all.Add((place, record));
            place = record.Next;
        }

        return all;
    }

    /// <summary>Drawn when the grant is certain, never before it, else tokens would be out of order.</summary>
    public long NextToken() => ++Map.LastGrant * Fence.Step;

    public int Add(LockRecord record)
    {
        var place = Map.Add(record.Chain, record);
        return place != 0 ? place : throw new CoordinationException(
            $"The lock was not granted: {StateMap.MostRecords} locks are held or waited for in '{folder.Paths.Root}', and there is no room for more. Hold fewer locks at a time, or use PostgreSQL.");
    }

    public static LockRecord New(long session, LockKey key, LockMode mode) => new()
    {
        Bits = key.Bits,
        IsPair = key.IsPair ? 1 : 0,
        IsShared = mode is LockMode.Shared ? 1 : 0,
        Session = session,
        MaxHolders = 1,
    };

    /// <summary>Whose grant was begun and not finished comes first: whoever was killed between its token and its state had chosen it.</summary>
    private long Ticket(LockRecord waiting) => waiting.Number > Map.LastTicket ? 0 : waiting.Number;

    private void Freed(LockRecord record)
    {
        if (record.IsPlace || record.State is RecordState.WaitingForPlace)
        {
            Map.PlaceStamp++; // those who wait for a place look themselves
        }
        else
        {
            Serve(record.Key);
        }
    }

    /// <returns>A session that is in the way; 0 when none is.</returns>
    private long FindBlocker(long session, LockKey key, LockMode mode)
    {
        for (var place = Map.FirstOf(key); place != 0;)
        {
            var record = Map.Read(place);
            if (record.Key == key && record.State is RecordState.Held or RecordState.Waiting && !record.IsPlace)
            {
                if (record.Session == session)
                {
                    throw new InvalidOperationException($"Session {session} asked for {key}, which it holds or waits for already. One request for a key at a time.");
                }

                if (record.State is RecordState.Waiting || mode is LockMode.Exclusive || record.Mode is LockMode.Exclusive)
                {
                    return record.Session;
                }
            }

            place = record.Next;
        }

        return 0;
    }

    /// <summary>Serves every line: one that was killed after it had freed a key, and before it had served the line, has left the others waiting for nobody.</summary>
    public void ServeAll()
    {
        foreach (var place in Map.Records())
        {
            if (Map.Read(place) is { State: RecordState.Waiting } record)
            {
                Serve(record.Key);
            }
        }

        Map.PlaceStamp++;
    }

    /// <summary>Grants to the first in line, and to those behind it that tolerate it.</summary>
    public void Serve(LockKey key)
    {
        while (true)
        {
            var (isHeld, isHeldShared, next) = (false, true, 0);
            LockRecord first = default;
            for (var place = Map.FirstOf(key); place != 0;)
            {
                var record = Map.Read(place);
                if (record.Key == key && !record.IsPlace)
                {
                    if (record.State is RecordState.Held)
                    {
                        (isHeld, isHeldShared) = (true, record.Mode is LockMode.Shared);
                    }
                    else if (record.State is RecordState.Waiting && (next == 0 || Ticket(record) < Ticket(first)))
                    {
                        (next, first) = (place, record);
                    }
                }

                place = record.Next;
            }

            if (next == 0 || (isHeld && !(isHeldShared && first.Mode is LockMode.Shared)))
            {
                return;
            }

            Map.Grant(next, NextToken()); // who does not live any more is found out by those behind it
        }
    }
}
