using Npgsql;
using NpgsqlTypes;

namespace Coordination.Backends.Postgres;

/// <summary>The statements of the lock path: any number of tries and unlocks in one round trip, each statement prepared once. Used by one thread.</summary>
internal sealed class LockStatement : IDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly string _schema;
    private readonly BatchRows _batch = new();
    private readonly List<long?> _rows = new(CommandQueue.MostInBatch);
    private readonly NpgsqlCommand _many;
    private readonly NpgsqlCommand?[] _one = new NpgsqlCommand?[LockOperation.Count];

    public LockStatement(NpgsqlConnection connection, string schema)
    {
        _connection = connection;
        _schema = schema;
        _many = new NpgsqlCommand(LockSql.Many(schema), connection);
        _many.Parameters.Add(new NpgsqlParameter<List<long>> { TypedValue = _batch.Keys, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        _many.Parameters.Add(new NpgsqlParameter<List<int>> { TypedValue = _batch.Operations, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        _many.Prepare();
    }

    /// <inheritdoc cref="BatchRows.Add(LockKey, LockMode, bool)"/>
    public void Add(LockKey key, LockMode mode, bool isRelease) => _batch.Add(key, mode, isRelease);

    /// <inheritdoc cref="BatchRows.Add(LockCommand)"/>
    public void Add(LockCommand command) => _batch.Add(command);

    /// <summary>Carries out what was added, in that order.</summary>
    /// <param name="results">Filled with one answer for each: of a try the fence number or null, of an unlock 1 or 0.</param>
    public void Execute(List<long?> results)
    {
        try
        {
            Read(Statement(), _rows);
            _batch.Answer(_rows, results);
        }
        finally
        {
            _batch.Clear();
            _rows.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _many.Dispose();
        foreach (var command in _one)
        {
            command?.Dispose();
        }
    }

    private static void Read(NpgsqlCommand command, List<long?> rows)
    {
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(reader.IsDBNull(0) ? null : reader.GetInt64(0));
        }
    }

    private NpgsqlCommand Statement()
    {
        if (_batch.Keys.Count == 1)
        {
            return Single(_batch.Operations[0], _batch.Keys[0]);
        }

        _batch.DrawTogether();
        return _many;
    }

    private NpgsqlCommand Single(int operation, long key)
    {
        if (_one[operation] is not { } command)
        {
            command = new NpgsqlCommand(LockSql.One(_schema, operation), _connection);
            command.Parameters.Add(new NpgsqlParameter<long>());
            command.Prepare();
            _one[operation] = command;
        }

        ((NpgsqlParameter<long>)command.Parameters[0]).TypedValue = key;
        return command;
    }
}
