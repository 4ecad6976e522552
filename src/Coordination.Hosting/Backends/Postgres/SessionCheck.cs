using Coordination.Diagnostics;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>What a new session looks at before it enters the group, and tells people when they should know.</summary>
internal static class SessionCheck
{
    /// <returns>Which backend it is, how many locks it may hold, and which server it is on.</returns>
    public static (BackendIdentity Backend, int MostLocks, string Server) Run(NpgsqlConnection connection, PostgresPlace place, GroupStatements statements)
    {
        var (backend, server, room, taken) = Read(connection, place.Settings.Schema);
        var most = LockShare.Of(room);
        if (taken > most)
        {
            Log.LockTableTight(place.Logger, place.Settings.Description, taken, room);
        }

        foreach (var difference in statements.ReadDifferences())
        {
            Log.SettingsDiffer(place.Logger, difference);
        }

        return (backend, most, server);
    }

    private static (BackendIdentity Backend, string Server, long Room, long Taken) Read(NpgsqlConnection connection, string schema)
    {
        using var ask = new NpgsqlCommand(new Sql(schema).SessionFacts, connection);
        using var reader = ask.ExecuteReader();
        return reader.Read()
            ? (new BackendIdentity(reader.GetInt32(0), reader.GetDateTime(1)), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4))
            : throw new CoordinationUnavailableException("The server does not list the session that asks it in pg_stat_activity. Try again.");
    }
}
