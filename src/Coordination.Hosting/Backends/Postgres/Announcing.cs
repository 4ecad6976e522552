using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Changes that notify those who listen.</summary>
internal static class Announcing
{
    /// <summary>A full queue of notifications fails the commit. Nothing has changed then: again, and without notifying, which is only a hint.</summary>
    public static T Do<T>(NpgsqlConnection connection, Func<T> change)
    {
        try
        {
            return change();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ProgramLimitExceeded)
        {
            connection.Execute(Sql.SetAnnounce, new { Setting = SessionSettings.Announce, Value = "off" });
            var result = change();
            connection.Execute(Sql.SetAnnounce, new { Setting = SessionSettings.Announce, Value = "on" });
            return result;
        }
    }
}
