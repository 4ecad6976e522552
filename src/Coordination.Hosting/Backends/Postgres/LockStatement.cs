using Npgsql;
using NpgsqlTypes;

namespace Coordination.Backends.Postgres;

/// <summary>The one statement of the lock path: any number of tries and unlocks, prepared once, one round trip. Used by one thread.</summary>
internal sealed class LockStatement : IDisposable
{
    private readonly List<long> _keys = new(CommandQueue.MostInBatch);
    private readonly List<int> _operations = new(CommandQueue.MostInBatch);
    private readonly NpgsqlCommand _command;

    public LockStatement(NpgsqlConnection connection, string schema)
    {
        _command = new NpgsqlCommand(LockSql.Locks(schema), connection);
        _command.Parameters.Add(new NpgsqlParameter<List<long>> { TypedValue = _keys, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        _command.Parameters.Add(new NpgsqlParameter<List<int>> { TypedValue = _operations, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        _command.Prepare();
    }

    public void Add(LockKey key, LockMode mode, bool isRelease)
    {
        _keys.Add(key.Bits);
        _operations.Add(LockOperation.Of(key, mode, isRelease));
    }

    /// <summary>Carries out what was added, in that order.</summary>
    /// <param name="results">Filled with one answer a row: of a try the fence number or null, of an unlock 1 or 0.</param>
    public void Execute(List<long?> results)
    {
        try
        {
            using var reader = _command.ExecuteReader();
            while (reader.Read())
            {
                results.Add(reader.IsDBNull(0) ? null : reader.GetInt64(0));
            }
        }
        finally
        {
            _keys.Clear();
            _operations.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _command.Dispose();
}
