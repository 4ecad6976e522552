using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Which advisory locks a session really holds, by the server's own list.</summary>
internal static class OwnLocks
{
    public static HashSet<LockKey> Read(NpgsqlConnection connection)
    {
        HashSet<LockKey> held = [];
        using var command = new NpgsqlCommand(LockSql.OwnLocks, connection);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            held.Add(new LockKey(reader.GetInt64(0), IsPair: reader.GetBoolean(1)));
        }

        return held;
    }
}
