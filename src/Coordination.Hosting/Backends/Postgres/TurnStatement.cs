using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>One slice of standing in line, prepared once. Used by one thread.</summary>
internal sealed class TurnStatement : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(900);

    private readonly NpgsqlCommand _command;
    private readonly NpgsqlParameter<long> _turnstile = new();
    private readonly NpgsqlParameter<long> _key = new();
    private readonly NpgsqlParameter<bool> _isPair = new();
    private readonly NpgsqlParameter<bool> _isShared = new();
    private readonly NpgsqlParameter<bool> _hasTurn = new();
    private readonly NpgsqlParameter<bool> _keeps = new();
    private readonly NpgsqlParameter<int> _milliseconds = new();

    public TurnStatement(NpgsqlConnection connection, string schema)
    {
        using (var ask = new NpgsqlCommand(LockSql.DeadlockTimeout, connection))
        {
            // A wait that outlives it runs the server's deadlock check and may be logged.
            var limit = TimeSpan.FromMilliseconds((int)ask.ExecuteScalar()! * 0.9);
            LongestSlice = limit < Longest ? limit : Longest;
        }

        _command = new NpgsqlCommand(LockSql.WaitLock(schema), connection);
        _command.Parameters.AddRange(new NpgsqlParameter[] { _turnstile, _key, _isPair, _isShared, _hasTurn, _keeps, _milliseconds });
        _command.Prepare();
    }

    public TimeSpan LongestSlice { get; }

    /// <summary>Stands in line for one slice.</summary>
    /// <param name="request">What for.</param>
    /// <param name="hasTurn">Whether the turnstile is passed already.</param>
    /// <param name="keeps">Whether this connection will keep the key.</param>
    /// <param name="slice">How long.</param>
    public Turn Wait(KeyRequest request, bool hasTurn, bool keeps, TimeSpan slice)
    {
        _turnstile.TypedValue = request.Turnstile.Bits;
        _key.TypedValue = request.Key.Bits;
        _isPair.TypedValue = request.Key.IsPair;
        _isShared.TypedValue = request.Mode is LockMode.Shared;
        _hasTurn.TypedValue = hasTurn;
        _keeps.TypedValue = keeps;
        _milliseconds.TypedValue = (int)Math.Max(1, slice.TotalMilliseconds);
        return new Turn((long)_command.ExecuteScalar()!);
    }

    /// <inheritdoc/>
    public void Dispose() => _command.Dispose();
}
