using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>An open watcher connection with its statements. Used by one thread.</summary>
internal sealed class WatcherLink : IDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _takeKey;
    private readonly NpgsqlCommand _watch;
    private readonly NpgsqlCommand _settle;
    private readonly NpgsqlCommand _judge;
    private readonly NpgsqlParameter<long> _group = new();
    private readonly NpgsqlParameter<int> _member = new();
    private readonly NpgsqlParameter<int> _milliseconds = new();
    private int _holds; // whose key

    public WatcherLink(PostgresPlace place, MemberProfile profile)
    {
        var sql = new WatchSql(place.Settings.Schema);
        (_connection, (LongestSlice, Server)) = place.Connector.OpenWatcher(profile, ReadFacts);

        // Prepared is what is asked again and again: the rest may never be asked by this connection.
        _takeKey = Command(sql.TakeKey, new NpgsqlParameter<int>(), new NpgsqlParameter<string> { TypedValue = profile.MemberId }, new NpgsqlParameter<bool>());
        _watch = Command(sql.Watch, _group, _member, _milliseconds);
        _watch.Prepare();
        _settle = Command(sql.Settle, new NpgsqlParameter<long>(), new NpgsqlParameter<int>(), new NpgsqlParameter<int>());
        _judge = Command(sql.Judge, new NpgsqlParameter<long>(), new NpgsqlParameter<int>(), new NpgsqlParameter<int>());
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

    /// <summary>Asks for verdicts on all who are lost.</summary>
    /// <returns>How many members stand otherwise than before, and the newest view; default when the group was busy.</returns>
    public (int Noted, ViewNumber View) Judge(WitnessId witness) => Announcing.Do(_connection, () =>
    {
        Set(_judge, witness, witness.Session);
        using var reader = _judge.ExecuteReader();
        reader.Read();
        return (reader.GetInt32(0), new ViewNumber(reader.GetInt64(1), reader.GetInt64(2)));
    });

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
