using System.Globalization;
using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>What an operator looks at and does by hand, on a connection of its own. Everything waits for the network.</summary>
internal sealed class PostgresOperator(PostgresPlace place, MemberProfile profile, CancellationToken givenUp)
{
    /// <summary>With half a second of pauses in all; nothing is locked in between.</summary>
    private const int EvictAttempts = 10;

    private readonly OperatorSql _sql = new(place.Settings.Schema);

    /// <summary>The scripts that this library brings, and whether each has been applied.</summary>
    public IReadOnlyList<(SchemaScript Script, bool IsApplied)> Scripts() => With(connection =>
    {
        var missing = new PostgresSchema(connection, place.Settings).Pending();
        return SchemaScript.All.Select(script => (script, !missing.Contains(script))).ToList();
    });

    /// <summary>Creates or upgrades the schema.</summary>
    public void ApplyScripts() => With(connection =>
    {
        new PostgresSchema(connection, place.Settings, mayCreate: true).Prepare();
        return true;
    });

    /// <summary>Checks that all of the schema is there, and that this role may use it.</summary>
    /// <exception cref="CoordinationConfigurationException">The message lists what to grant or to run.</exception>
    public void CheckSchema() => With(connection =>
    {
        new PostgresSchema(connection, place.Settings, mayCreate: false).Prepare();
        return true;
    });

    /// <summary>Proves with two connections that locks are locks.</summary>
    /// <exception cref="CoordinationConfigurationException">They are not.</exception>
    public void CheckLocks() => With(first => With(second =>
    {
        LockProof.Check(first, second, ServerProof.Check(first, place.Settings), ServerProof.Check(second, place.Settings), place.Settings);
        return true;
    }));

    /// <summary>What the server has room for, how long a round trip takes, and how far our clock is from the server's.</summary>
    public (ServerCapacity Capacity, long LockRoom, long LocksTaken, TimeSpan RoundTrip, TimeSpan ClockOffset) Measure() => With(connection =>
    {
        var asked = place.Time.GetTimestamp();
        var at = place.Time.GetUtcNow();
        var capacity = connection.QuerySingle<ServerCapacity>(OperatorSql.Capacity);
        var half = place.Time.GetElapsedTime(asked) / 2;
        var (room, taken) = LockShare.Read(connection);
        List<TimeSpan> trips = [];
        for (var i = 0; i < 5; i++)
        {
            asked = place.Time.GetTimestamp();
            connection.ExecuteScalar<int>(OperatorSql.RoundTrip);
            trips.Add(place.Time.GetElapsedTime(asked));
        }

        trips.Sort();
        return (capacity, room, taken, trips[trips.Count / 2], new DateTimeOffset(DateTime.SpecifyKind(capacity.Now, DateTimeKind.Utc)) - (at + half));
    });

    /// <summary>Who holds a key at this instant.</summary>
    public IReadOnlyList<LockHolder> HoldersOf(LockKey key) => With(connection => connection.Query<LockHolder>(
        _sql.Holders, new { High = (long)(uint)key.High, Low = (long)(uint)key.Low, key.IsPair }).ToList());

    /// <summary>Ends the session that holds a lock, if it still does, and writes it into the history of the holder's group; both or neither.</summary>
    public HolderEnd EndHolder(LockKey key, LockHolder holder, string note) => holder.Start is not { } start ? HolderEnd.Refused : With(connection =>
    {
        using var batch = new NpgsqlBatch(connection);
        var group = holder.Group ?? profile.Group;
        var member = holder.Member ?? string.Create(CultureInfo.InvariantCulture, $"process {holder.Pid} of the server ({holder.Application})");
        Add(batch, _sql.HaveGroup, group);
        Add(batch, _sql.LockGroup, group);
        Add(batch, _sql.EndHolder, group, member, note, holder.Pid, DateTime.SpecifyKind(start, DateTimeKind.Utc), (long)(uint)key.High, (long)(uint)key.Low, key.IsPair);
        return Results(batch)[^1] switch
        {
            [true, ..] => HolderEnd.Ended,
            [false, ..] => HolderEnd.Refused,
            _ => HolderEnd.LetGo,
        };
    });

    /// <summary>Takes a member out of the group and ends its sessions; of an observer only the sessions. In the group's history either way.</summary>
    /// <returns>Whether it was a member; how many sessions it had, and how many of them the server let us end.</returns>
    /// <exception cref="CoordinationUnavailableException">Somebody else has the member's row locked and does not let go.</exception>
    public (bool WasMember, int Sessions, int Ended) Evict(string member, string note) => With(connection =>
    {
        var (most, mostEnded) = (0L, 0L);
        for (var attempt = 0; attempt < EvictAttempts; attempt++)
        {
            // The session that has the row locked may be the one that was just ended: a moment later it is gone.
            if (attempt > 0)
            {
                connection.Execute(OperatorSql.Pause);
            }

            using var batch = new NpgsqlBatch(connection);
            Add(batch, _sql.LockGroup, profile.Group);
            Add(batch, _sql.Evict, profile.Group, member, note);
            if (Results(batch)[^1] is not [long sessions, long ended, bool wasMember, bool isLocked, ..])
            {
                return default;
            }

            (most, mostEnded) = (Math.Max(most, sessions), Math.Max(mostEnded, ended));
            if (!isLocked)
            {
                return (wasMember, (int)most, (int)mostEnded);
            }
        }

        throw new CoordinationUnavailableException(
            $"The row of member '{member}' of group '{profile.Group}' is locked by another session of the database: it is a member still, and {mostEnded} of its {most} sessions were ended. " +
            $"Which one has the row locked tells: {_sql.WhoLocks(profile.Group, member)}; pg_stat_activity tells what it does. End it with pg_terminate_backend(pid), and evict the member again.");
    });

    private static void Add(NpgsqlBatch batch, string text, params IEnumerable<object> values)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        batch.BatchCommands.Add(command);
    }

    /// <summary>The first row of each statement; empty where there is none.</summary>
    private static List<object[]> Results(NpgsqlBatch batch)
    {
        using var reader = batch.ExecuteReader();
        List<object[]> rows = [];
        do
        {
            var row = reader.Read() ? new object[reader.FieldCount] : [];
            if (row.Length > 0)
            {
                reader.GetValues(row);
            }

            rows.Add(row);
        }
        while (reader.NextResult());

        return rows;
    }

    private T With<T>(Func<NpgsqlConnection, T> work)
    {
        try
        {
            using var connection = Connect();
            givenUp.ThrowIfCancellationRequested(); // the operator has been told that nobody answered: nothing may be done after that
            return work(connection);
        }
        catch (Exception e)
        {
            throw PostgresErrors.Translate(e, place.Settings);
        }
    }

    /// <summary>One attempt has the time that a lease would leave it; what is done by hand has the time that its operator gives it.</summary>
    private NpgsqlConnection Connect()
    {
        while (true)
        {
            try
            {
                return place.Connector.OpenReader(profile);
            }
            catch (CoordinationUnavailableException e) when (PostgresErrors.IsTimeout(e) && !givenUp.IsCancellationRequested)
            {
            }
        }
    }
}
