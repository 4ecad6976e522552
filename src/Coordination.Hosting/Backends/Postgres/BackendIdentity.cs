using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Which process of the server serves a connection. Pids are used again, and not with the same instant of start.</summary>
/// <param name="Pid">The backend.</param>
/// <param name="Start">When it started, by the server's clock.</param>
internal readonly record struct BackendIdentity(int Pid, DateTime Start)
{
    public static BackendIdentity Read(NpgsqlConnection connection)
    {
        using var ask = new NpgsqlCommand(Sql.OwnBackend, connection);
        using var reader = ask.ExecuteReader();
        return reader.Read()
            ? new BackendIdentity(reader.GetInt32(0), reader.GetDateTime(1))
            : throw new CoordinationUnavailableException("The server does not list the session that asks it in pg_stat_activity. Try again.");
    }

    /// <summary>Whether another connection is served by the server where this backend lives.</summary>
    public bool LivesAt(NpgsqlConnection connection)
    {
        using var ask = new NpgsqlCommand(Sql.BackendLives, connection)
        {
            Parameters = { new NpgsqlParameter<int> { TypedValue = Pid }, new NpgsqlParameter<DateTime> { TypedValue = Start } },
        };
        return ask.ExecuteScalar() is true;
    }
}
