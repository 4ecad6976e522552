using Npgsql;
using NpgsqlTypes;

namespace Coordination.Backends.Postgres;

/// <summary>An open waiter connection with its statements, each prepared once. Used by one thread.</summary>
internal sealed class WaiterLink : IDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly LockStatement _unlock;
    private readonly TurnStatement _turn;
    private readonly NpgsqlCommand _pulse;
    private readonly NpgsqlCommand _place;
    private readonly NpgsqlParameter<long> _turnstile = new();
    private readonly NpgsqlParameter<long[]> _places = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<bool> _hasTurn = new();
    private readonly NpgsqlParameter<int> _milliseconds = new();

    public WaiterLink(WaiterContext context)
    {
        var schema = context.Place.Settings.Schema;
        _connection = context.Place.Connector.OpenWaiter(context.Profile);
        try
        {
            Prove(context.Session.Backend);
            _unlock = new LockStatement(_connection, schema);
            _turn = new TurnStatement(_connection, schema);
            _pulse = new NpgsqlCommand(LockSql.Pulse, _connection);
            _pulse.Prepare();
            _place = new NpgsqlCommand(PlaceSql.Wait(schema), _connection) { Parameters = { _turnstile, _places, _hasTurn, _milliseconds } };
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public TimeSpan LongestSlice => _turn.LongestSlice;

    /// <inheritdoc cref="TurnStatement.Wait"/>
    public Turn Wait(KeyRequest request, bool hasTurn, bool keeps, TimeSpan slice) => _turn.Wait(request, hasTurn, keeps, slice);

    /// <summary>Stands in line for one slice for any of some places.</summary>
    /// <param name="request">What for.</param>
    /// <param name="places">The keys of the places.</param>
    /// <param name="hasTurn">Whether the turnstile is passed already.</param>
    /// <param name="slice">How long.</param>
    /// <returns>Whether the turnstile is passed, and the place that this connection has now.</returns>
    public (bool HasTurn, LockKey? Place) WaitForPlace(PlaceRequest request, IReadOnlyList<LockKey> places, bool hasTurn, TimeSpan slice)
    {
        const int FirstPlace = 2;
        _turnstile.TypedValue = request.Turnstile.Bits;
        _places.TypedValue = PlaceStatements.Bits(places);
        _hasTurn.TypedValue = hasTurn;
        _milliseconds.TypedValue = (int)Math.Max(1, slice.TotalMilliseconds);
        var reached = (int)_place.ExecuteScalar()!;
        return (reached > 0, reached >= FirstPlace ? places[reached - FirstPlace] : null);
    }

    /// <exception cref="CoordinationUnavailableException">The server does not know the lock.</exception>
    public void Unlock(LockKey key, LockMode mode = LockMode.Exclusive)
    {
        List<long?> results = [];
        _unlock.Add(key, mode, isRelease: true);
        _unlock.Execute(results);
        if (results is not [1])
        {
            throw new CoordinationUnavailableException("The server did not know a lock that a waiter connection holds; the connection is given up.");
        }
    }

    /// <summary>Says a word to the server.</summary>
    /// <exception cref="CoordinationUnavailableException">It is a standby now.</exception>
    public void Pulse()
    {
        if (_pulse.ExecuteScalar() is not true)
        {
            throw new CoordinationUnavailableException("The server has become a standby, whose locks prove nothing.");
        }
    }

    /// <summary>
    /// After a crash or a failover this connection may be back before the session has noticed: its grants would carry numbers of a history
    /// that nobody has opened yet, and might be smaller than those of before.
    /// </summary>
    private void Prove(BackendIdentity session)
    {
        if (!session.LivesAt(_connection))
        {
            throw new CoordinationUnavailableException(
                $"A waiter connection reached a server on which its session (process {session.Pid}) does not live: the server was restarted or has changed. It waits until the session is back.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _place.Dispose();
            _pulse.Dispose();
            _turn.Dispose();
            _unlock.Dispose();
            _connection.Dispose();
        }
        catch (NpgsqlException)
        {
            // It is broken anyway; the server has seen or will see that.
        }
    }
}
