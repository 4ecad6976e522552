using Coordination.Diagnostics;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>An open watcher connection with its statements. Used by one thread.</summary>
internal sealed class WatcherLink : IDisposable
{
    private readonly PostgresPlace _place;
    private readonly MemberProfile _profile;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _takeKey;
    private readonly NpgsqlCommand _watch;
    private readonly NpgsqlCommand _settle;
    private readonly NpgsqlCommand _judge;
    private readonly NpgsqlParameter<long> _group = new();
    private readonly NpgsqlParameter<int> _member = new();
    private readonly NpgsqlParameter<int> _milliseconds = new();
    private int _holds; // whose key
    private long? _refusedAt; // when the server let nobody in

    public WatcherLink(PostgresPlace place, MemberProfile profile)
    {
        (_place, _profile) = (place, profile);
        var sql = new WatchSql(place.Settings.Schema);
        (_connection, (LongestSlice, Server)) = place.Connector.OpenWatcher(profile, ReadFacts);

        // Prepared is what is asked again and again: the rest may never be asked by this connection.
        _takeKey = Command(sql.TakeKey, new NpgsqlParameter<int>(), new NpgsqlParameter<string> { TypedValue = profile.MemberId }, new NpgsqlParameter<bool>());
        _watch = Command(sql.Watch, _group, _member, _milliseconds);
        _watch.Prepare();
        _settle = Command(sql.Settle, new NpgsqlParameter<long>(), new NpgsqlParameter<int>(), new NpgsqlParameter<int>());
        _judge = Command(sql.Judge, new NpgsqlParameter<long>(), new NpgsqlParameter<int>(), new NpgsqlParameter<int>(), new NpgsqlParameter<bool>());
    }

    public TimeSpan LongestSlice { get; }

    /// <inheritdoc cref="PostgresSession.Server"/>
    public string Server { get; }

    /// <summary>Takes the watcher's key of a member, and keeps it while the connection lives.</summary>
    /// <returns>False when somebody else has it for the moment.</returns>
    public bool TryTakeKey(int member)
    {
        ((NpgsqlParameter<int>)_takeKey.Parameters[0]).TypedValue = member;
        ((NpgsqlParameter<bool>)_takeKey.Parameters[2]).TypedValue = member == _holds;
        if (_takeKey.ExecuteScalar() is not true)
        {
            return false;
        }

        _holds = member;
        return true;
    }

    /// <summary>Waits for one slice until the next in the ring is gone.</summary>
    public WatchAnswer Watch(WitnessId witness, TimeSpan slice)
    {
        _group.TypedValue = witness.Group;
        _member.TypedValue = witness.Member;
        _milliseconds.TypedValue = Milliseconds(slice);
        using var reader = _watch.ExecuteReader();
        reader.Read();
        return new WatchAnswer(
            reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetInt32(4),
            new ViewNumber(reader.GetInt64(5), reader.GetInt64(6)));
    }

    /// <summary>Waits until it can be told whether those whose session is gone have died.</summary>
    public void Settle(WitnessId witness)
    {
        Set(_settle, witness, Milliseconds(WatchSlice.Settling < LongestSlice ? WatchSlice.Settling : LongestSlice));
        _settle.ExecuteNonQuery();
    }

    /// <summary>
    /// Asks for verdicts on all who are lost. What makes a view stands only if the server lets somebody in after the keys were found free: a server
    /// that shuts down ends its sessions one after the other, and we may be the last that it comes to. Else it is asked again as the beats ask,
    /// which say of nobody that its process is gone: the grace decides.
    /// </summary>
    /// <returns>How many members stand otherwise than before, and the newest view; default when the group was busy.</returns>
    public (int Noted, ViewNumber View) Judge(WitnessId witness)
    {
        if (_refusedAt is { } at && _place.Time.GetElapsedTime(at) < _profile.CrashGrace)
        {
            return Announcing.Do(_connection, () => Ask(witness, isSettled: false)).Verdicts;
        }

        _refusedAt = null;
        var proven = Announcing.Do(_connection, () =>
        {
            using var transaction = _connection.BeginTransaction();
            var (changes, verdicts) = Ask(witness, isSettled: true);
            if (changes > 0 && !_place.Connector.IsServing(_profile, _connection))
            {
                return ((int, ViewNumber)?)null; // and what was judged is rolled back
            }

            transaction.Commit();
            return verdicts;
        });
        if (proven is { } stands)
        {
            return stands;
        }

        _refusedAt = _place.Time.GetTimestamp(); // the group was locked all the while: not again at once
        Log.DeathNotProven(_place.Logger, _profile.Group, _profile.CrashGrace);
        return Announcing.Do(_connection, () => Ask(witness, isSettled: false)).Verdicts;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _takeKey.Dispose();
            _watch.Dispose();
            _settle.Dispose();
            _judge.Dispose();
            _connection.Dispose();
        }
        catch (NpgsqlException)
        {
            // It is broken anyway; the server has seen or will see that.
        }
    }

    private static (TimeSpan LongestSlice, string Server) ReadFacts(NpgsqlConnection connection)
    {
        using var ask = new NpgsqlCommand(WatchSql.Facts, connection);
        using var reader = ask.ExecuteReader();
        reader.Read();
        return (WatchSlice.LongestFor(TimeSpan.FromMilliseconds(reader.GetInt32(0))), reader.GetString(1));
    }

    private (int Changes, (int Noted, ViewNumber View) Verdicts) Ask(WitnessId witness, bool isSettled)
    {
        Set(_judge, witness, witness.Session);
        ((NpgsqlParameter<bool>)_judge.Parameters[3]).TypedValue = isSettled;
        using var reader = _judge.ExecuteReader();
        reader.Read();
        return (reader.GetInt32(0), (reader.GetInt32(1), new ViewNumber(reader.GetInt64(2), reader.GetInt64(3))));
    }

    private static int Milliseconds(TimeSpan time) => (int)Math.Max(1, time.TotalMilliseconds);

    private static void Set(NpgsqlCommand command, WitnessId witness, int last)
    {
        ((NpgsqlParameter<long>)command.Parameters[0]).TypedValue = witness.Group;
        ((NpgsqlParameter<int>)command.Parameters[1]).TypedValue = witness.Member;
        ((NpgsqlParameter<int>)command.Parameters[2]).TypedValue = last;
    }

    private NpgsqlCommand Command(string text, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(text, _connection);
        command.Parameters.AddRange(parameters);
        return command;
    }
}
