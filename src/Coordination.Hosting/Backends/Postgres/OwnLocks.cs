using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Which advisory locks a session really holds, and how, by the server's own list.</summary>
internal static class OwnLocks
{
    public static Dictionary<LockKey, LockMode> Read(NpgsqlConnection connection)
    {
        Dictionary<LockKey, LockMode> held = [];
        using var command = new NpgsqlCommand(LockSql.OwnLocks, connection);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            held[new LockKey(reader.GetInt64(0), IsPair: reader.GetBoolean(1))] = reader.GetBoolean(2) ? LockMode.Shared : LockMode.Exclusive;
        }

        return held;
    }
}
