using Npgsql;

namespace Coordination.Benchmarks.Contenders;

/// <summary>
/// The least that a lock on the server can cost: one connection that stays open, two prepared statements, nothing around them.
/// One caller only; it arbitrates nothing, notices no loss and has no token.
/// </summary>
internal sealed class KeptConnection : IContender
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _lock;
    private readonly NpgsqlCommand _unlock;

    private KeptConnection(NpgsqlConnection connection)
    {
        _connection = connection;
        _lock = Command("select pg_try_advisory_lock($1)");
        _unlock = Command("select pg_advisory_unlock($1)");
    }

    /// <inheritdoc/>
    public string Name => Rivals.Kept;

    public static async Task<KeptConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        var kept = new KeptConnection(connection);
        await kept._lock.PrepareAsync();
        await kept._unlock.PrepareAsync();
        return kept;
    }

    /// <inheritdoc/>
    public async ValueTask PairAsync(LockTarget target, HoldLog? holds = null)
    {
        Aim(target);
        Check(await _lock.ExecuteScalarAsync(), target);
        holds?.Add(since: HoldLog.Now());
        Check(await _unlock.ExecuteScalarAsync(), target);
    }

    /// <inheritdoc/>
    public ValueTask<IAsyncDisposable> TakeAsync(LockTarget target) => throw new NotSupportedException("One connection holds one lock at a time here.");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _lock.DisposeAsync();
        await _unlock.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static void Check(object? answer, LockTarget target)
    {
        if (answer is not true)
        {
            throw new InvalidOperationException($"The server answered {answer ?? "nothing"} for key {target.Key}: somebody else uses the benchmark's keys. Use a database of your own.");
        }
    }

    private NpgsqlCommand Command(string text) => new(text, _connection) { Parameters = { new NpgsqlParameter<long>() } };

    private void Aim(LockTarget target)
    {
        ((NpgsqlParameter<long>)_lock.Parameters[0]).TypedValue = target.Key;
        ((NpgsqlParameter<long>)_unlock.Parameters[0]).TypedValue = target.Key;
    }
}
