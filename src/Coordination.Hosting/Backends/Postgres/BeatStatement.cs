using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>The heartbeat: one round trip, prepared once. Used by one thread.</summary>
internal sealed class BeatStatement
{
    private readonly NpgsqlCommand _command;
    private readonly NpgsqlParameter<bool> _stamp = new();

    public BeatStatement(NpgsqlConnection connection, string sql, string group, int number, int session)
    {
        _command = new NpgsqlCommand(sql, connection);
        _command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = group });
        _command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = number });
        _command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = session });
        _command.Parameters.Add(_stamp);
        _command.Prepare();
    }

    /// <summary>Beats.</summary>
    /// <param name="stamp">Whether to write the heartbeat, or only look.</param>
    /// <returns>The answer, and whether some member is silent for longer than its lease.</returns>
    public (BeatAnswer Answer, bool IsOverdue) Execute(bool stamp)
    {
        _stamp.TypedValue = stamp;
        using var reader = _command.ExecuteReader();
        reader.Read();
        var answer = new BeatAnswer(new ViewNumber(reader.GetInt64(0), reader.GetInt64(1)), (Standing)reader.GetInt32(2));
        return (answer, reader.GetBoolean(3));
    }
}
