using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Which process of the server serves a connection. Pids are used again, and not with the same instant of start.</summary>
/// <param name="Pid">The backend.</param>
/// <param name="Start">When it started, by the server's clock.</param>
internal readonly record struct BackendIdentity(int Pid, DateTime Start)
{
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
