using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Takes places of locks with several holders. Used by the session's thread only; errors are the driver's own.</summary>
internal sealed class PlaceStatements(NpgsqlConnection connection, string schema, Func<long> epoch)
{
    private readonly NpgsqlParameter<long> _turnstile = new();
    private readonly NpgsqlParameter<long[]> _places = new();
    private NpgsqlCommand? _take;

    public int Check(LockKey key, IReadOnlyList<LockKey> places) => connection.ExecuteScalar<int>(
        PlaceSql.Check(schema), new { Key = key.Bits, key.IsPair, Most = places.Count, Places = Bits(places) });

    public PlaceGrant? Take(LockKey key, IReadOnlyList<LockKey> places)
    {
        if (_take is null)
        {
            _take = new NpgsqlCommand(PlaceSql.Take(schema), connection) { Parameters = { _turnstile, _places } };
            _places.TypedValue = [];
            _take.Prepare();
        }

        _turnstile.TypedValue = WaitRequest.TurnstileOf(key).Bits;
        _places.TypedValue = Bits(places);
        try
        {
            using var reader = _take.ExecuteReader();
            return reader.Read() ? new PlaceGrant(places[reader.GetInt32(0)], Fence.TokenOf(epoch(), reader.GetInt64(1))) : null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            // It may have been cut off right behind the lock: nobody would ever give that place back.
            throw new CoordinationUnavailableException("The statement that takes a place of a lock with several holders was cancelled, and what it took is not known; the session is given up.", e);
        }
    }

    public static long[] Bits(IReadOnlyList<LockKey> places) => [.. places.Select(place => place.Bits)];
}
