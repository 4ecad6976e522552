using Coordination.Diagnostics;
using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>What a new session looks at before it enters the group, and tells people when they should know.</summary>
internal static class SessionCheck
{
    /// <returns>The server's process, how many locks this one may hold, and which server it is.</returns>
    public static (int ProcessId, int MostLocks, string Server) Run(NpgsqlConnection connection, PostgresPlace place, GroupStatements statements)
    {
        var (room, taken) = LockShare.Read(connection);
        var most = LockShare.Of(room);
        if (taken > most)
        {
            Log.LockTableTight(place.Logger, place.Settings.Description, taken, room);
        }

        foreach (var difference in statements.ReadDifferences())
        {
            Log.SettingsDiffer(place.Logger, difference);
        }

        return (connection.QuerySingle<int>(Sql.OwnProcess), most, connection.QuerySingle<string>(Sql.ServerIdentity));
    }
}
