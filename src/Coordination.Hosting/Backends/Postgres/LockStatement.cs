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
    private readonly List<LockCommand?> _commands = new(CommandQueue.MostInBatch);
    private readonly List<int> _asked = new(CommandQueue.MostInBatch);
    private readonly List<long?> _rows = new(CommandQueue.MostInBatch);
    private readonly NpgsqlCommand _many;
    private readonly NpgsqlCommand?[] _one = new NpgsqlCommand?[LockOperation.Count];

    public LockStatement(NpgsqlConnection connection, string schema)
    {
        _connection = connection;
        _schema = schema;
        _many = new NpgsqlCommand(LockSql.Many(schema), connection);
        _many.Parameters.Add(new NpgsqlParameter<List<long>> { TypedValue = _keys, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        _many.Parameters.Add(new NpgsqlParameter<List<int>> { TypedValue = _operations, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        _many.Prepare();
    }

    public void Add(LockKey key, LockMode mode, bool isRelease) => Add(key, mode, isRelease, command: null);

    /// <summary>Adds a command. A try joins the release that it was posted behind when that is in the same statement: one row for both.</summary>
    public void Add(LockCommand command)
    {
        // What a row says of a command of an earlier statement is stale: the row must be that command's in this one.
        if (command.Behind is { } release && release.Row < _commands.Count && _commands[release.Row] == release
            && LockOperation.Join(_operations[release.Row], LockOperation.Of(command.Key, command.Mode, command.IsRelease)) is { } both)
        {
            _operations[release.Row] = both;
            _asked.Add(~release.Row);
            return;
        }

        command.Row = _keys.Count;
        Add(command.Key, command.Mode, command.IsRelease, command);
    }

    /// <summary>Carries out what was added, in that order.</summary>
    /// <param name="results">Filled with one answer for each: of a try the fence number or null, of an unlock 1 or 0.</param>
    public void Execute(List<long?> results)
    {
        try
        {
            Read(_keys.Count == 1 ? Single(_operations[0], _keys[0]) : _many, _rows);
            foreach (var row in _asked)
            {
                // A row that is two says what its try got, when its unlock went well.
                results.Add(row < 0 ? _rows[~row] : LockOperation.IsAgain(_operations[row]) ? _rows[row] == LockSql.NotHeld ? 0 : 1 : _rows[row]);
            }
        }
        finally
        {
            _keys.Clear();
            _operations.Clear();
            _commands.Clear();
            _asked.Clear();
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

    private void Add(LockKey key, LockMode mode, bool isRelease, LockCommand? command)
    {
        _asked.Add(_keys.Count);
        _keys.Add(key.Bits);
        _operations.Add(LockOperation.Of(key, mode, isRelease));
        _commands.Add(command);
    }

    private static void Read(NpgsqlCommand command, List<long?> rows)
    {
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(reader.IsDBNull(0) ? null : reader.GetInt64(0));
        }
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
