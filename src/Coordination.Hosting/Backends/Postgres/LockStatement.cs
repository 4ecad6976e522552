using Npgsql;
using NpgsqlTypes;

namespace Coordination.Backends.Postgres;

/// <summary>The statements of the lock path: any number of tries and unlocks in one round trip, each statement prepared once. Used by one thread.</summary>
internal sealed class LockStatement : IDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly string _schema;
    private readonly List<long> _keys = new(CommandQueue.MostInBatch);
    private readonly List<int> _operations = new(CommandQueue.MostInBatch);
    private readonly NpgsqlCommand _many;
    private readonly NpgsqlCommand?[] _one = new NpgsqlCommand?[LockOperation.Count];
    private readonly NpgsqlCommand?[] _again = new NpgsqlCommand?[LockOperation.Count];

    public LockStatement(NpgsqlConnection connection, string schema)
    {
        _connection = connection;
        _schema = schema;
        _many = new NpgsqlCommand(LockSql.Many(schema), connection);
        _many.Parameters.Add(new NpgsqlParameter<List<long>> { TypedValue = _keys, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        _many.Parameters.Add(new NpgsqlParameter<List<int>> { TypedValue = _operations, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        _many.Prepare();
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
            if (_keys.Count == 2 && _keys[0] == _keys[1] && LockOperation.IsAgain(_operations[0], _operations[1]))
            {
                Read(Single(_again, LockSql.Again, _operations[1], _keys[0]), results);

                // One answer for both; what it says is the try's, when the unlock went well.
                results.Insert(results.Count - 1, results[^1] == LockSql.NotHeld ? 0 : 1);
            }
            else
            {
                Read(_keys.Count == 1 ? Single(_one, LockSql.One, _operations[0], _keys[0]) : _many, results);
            }
        }
        finally
        {
            _keys.Clear();
            _operations.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _many.Dispose();
        foreach (var command in _one.Concat(_again))
        {
            command?.Dispose();
        }
    }

    private static void Read(NpgsqlCommand command, List<long?> results)
    {
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            results.Add(reader.IsDBNull(0) ? null : reader.GetInt64(0));
        }
    }

    private NpgsqlCommand Single(NpgsqlCommand?[] prepared, Func<string, int, string> text, int operation, long key)
    {
        if (prepared[operation] is not { } command)
        {
            command = new NpgsqlCommand(text(_schema, operation), _connection);
            command.Parameters.Add(new NpgsqlParameter<long>());
            command.Prepare();
            prepared[operation] = command;
        }

        ((NpgsqlParameter<long>)command.Parameters[0]).TypedValue = key;
        return command;
    }
}
