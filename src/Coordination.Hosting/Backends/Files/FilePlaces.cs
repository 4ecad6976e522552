namespace Coordination.Backends.Files;

/// <summary>Locks with several holders. Their places stand in the chain of the name's own key. The folder's mutex is around it.</summary>
internal sealed class FilePlaces(Folder folder, FileLocks locks, Func<long, bool> buryIfDead)
{
    /// <inheritdoc cref="IBackendSession.CheckPlacesAsync"/>
    public int Check(LockKey key, IReadOnlyList<LockKey> places)
    {
        while (true)
        {
            var other = Records(key).FirstOrDefault(record =>
                record.State is RecordState.Held && (record.IsPlace ? record.MaxHolders : 1) != places.Count);
            if (other.State is RecordState.Free)
            {
                return 0;
            }

            if (!buryIfDead(other.Session))
            {
                return other.MaxHolders;
            }
        }
    }

    /// <summary>Takes a free place, unless others wait for one.</summary>
    /// <param name="session">For whom.</param>
    /// <param name="key">The name's own key.</param>
    /// <param name="places">The keys of those that the session has not.</param>
    /// <param name="holders">How many places there are in all.</param>
    /// <param name="ticket">The session's place in the line; those behind it do not count.</param>
    public PlaceGrant? Take(long session, LockKey key, IReadOnlyList<LockKey> places, int holders, long ticket = long.MaxValue)
    {
        while (true)
        {
            var records = Records(key).ToList();
            var before = records.FirstOrDefault(record => record.State is RecordState.WaitingForPlace && record.Session != session && record.Number < ticket);
            if (before.State is not RecordState.Free)
            {
                if (buryIfDead(before.Session))
                {
                    continue;
                }

                return null;
            }

            foreach (var place in places)
            {
                if (!records.Exists(record => record.IsPlace && record.Key == place))
                {
                    var token = locks.NextToken();
                    locks.Add(FileLocks.New(session, place, LockMode.Exclusive) with
                    {
                        State = RecordState.Held,
                        Number = token,
                        Name = key.Bits,
                        IsNamePair = key.IsPair ? 1 : 0,
                        MaxHolders = holders,
                    });
                    return new PlaceGrant(place, token);
                }
            }

            if (!records.Exists(record => record.IsPlace && record.Session != session && buryIfDead(record.Session)))
            {
                return null;
            }
        }
    }

    /// <summary>Stands in line.</summary>
    public int Wait(long session, LockKey key) =>
        locks.Add(FileLocks.New(session, key, LockMode.Exclusive) with { State = RecordState.WaitingForPlace, Number = ++folder.Map.LastTicket });

    /// <summary>Takes a place for one who stands in line, if it is its turn and one is free.</summary>
    public PlaceGrant? TakeFromLine(int line, IReadOnlyList<LockKey> places, int holders)
    {
        var record = folder.Map.Read(line);
        if (Take(record.Session, record.Key, places, holders, record.Number) is not { } grant)
        {
            return null;
        }

        locks.Withdraw(line);
        return grant;
    }

    private IEnumerable<LockRecord> Records(LockKey key) => locks.Chain(key).Select(one => one.Record).Where(record => record.Chain == key && record.State is not RecordState.Free);
}
