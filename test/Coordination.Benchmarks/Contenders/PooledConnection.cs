using Npgsql;

namespace Coordination.Benchmarks.Contenders;

/// <summary>The way most libraries work: a connection from Npgsql's pool for every lock, as long as it is held or waited for.</summary>
internal sealed class PooledConnection : IContender
{
    /// <summary>Npgsql's own default.</summary>
    private const int MostConnections = 100;

    private readonly NpgsqlDataSource _source;

    /// <param name="connectionString">The server.</param>
    /// <param name="resets">Whether the pool resets a connection before its next use; libraries leave that on.</param>
    public PooledConnection(string connectionString, bool resets)
    {
        Name = resets ? Rivals.Pooled : Rivals.PooledWithoutReset;
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = true,
            MaxPoolSize = MostConnections,
            NoResetOnClose = !resets,
            Timeout = 60,
            CommandTimeout = 60,
        });
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public async ValueTask PairAsync(LockTarget target, HoldLog? holds = null)
    {
        await using var connection = await _source.OpenConnectionAsync();
        await RunAsync(connection, "select pg_advisory_lock($1)", target.Key);
        holds?.Add(since: HoldLog.Now());
        await UnlockAsync(connection, target);
    }

    /// <inheritdoc/>
    public async ValueTask<IAsyncDisposable> TakeAsync(LockTarget target)
    {
        var connection = await _source.OpenConnectionAsync();
        await RunAsync(connection, "select pg_advisory_lock($1)", target.Key);
        return new Held(connection, target);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static async Task UnlockAsync(NpgsqlConnection connection, LockTarget target)
    {
        if (await RunAsync(connection, "select pg_advisory_unlock($1)", target.Key) is not true)
        {
            throw new InvalidOperationException($"The server did not know key {target.Key}: is there a pooler in transaction mode in between?");
        }
    }

    private static async Task<object?> RunAsync(NpgsqlConnection connection, string text, long key)
    {
        await using var command = new NpgsqlCommand(text, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = key } } };
        return await command.ExecuteScalarAsync();
    }

    private sealed class Held(NpgsqlConnection connection, LockTarget target) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await UnlockAsync(connection, target);
            await connection.DisposeAsync();
        }
    }
}
