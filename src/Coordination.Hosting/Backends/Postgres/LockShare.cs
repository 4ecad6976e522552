using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>How much of the server's lock table one process may use.</summary>
/// <remarks>
/// The table has room for about max_locks_per_transaction locks of each connection that may be; in practice for twice as many. When
/// it is full, every statement of everybody fails and no new connection is accepted: so one process stops far before that.
/// </remarks>
internal static class LockShare
{
    /// <summary>Half of what the server promises.</summary>
    public static int Of(long room) => (int)Math.Clamp(room / 2, 1, int.MaxValue);

    /// <returns>What the server promises room for, for all sessions together, and how much of it is taken now.</returns>
    public static (long Room, long Taken) Read(NpgsqlConnection connection) => connection.QuerySingle<(long, long)>(LockSql.LockTableRoom);
}
