using Coordination.IntegrationTests.Infrastructure;
using Npgsql;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>Locks that end with a transaction of the caller's own.</summary>
public sealed class TransactionLockTests(PostgresServer server) : IAsyncLifetime
{
    private const int Limit = 120_000; // for a hang

    private TestDatabase? _database;
    private Replica? _replica;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    private ILockProvider Locks => _replica!.Locks;

    public async ValueTask InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        _replica = new Replica(options => (options.BackendUrl, options.Group) = (_database.Url, "orders"));
        await _replica.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _replica!.DisposeAsync();
        await _database!.DisposeAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_excludes_handles_until_the_transaction_ends(bool commits)
    {
        await using var connection = await _database!.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync(Ending))
        {
            Assert.True(await Locks.TryAcquireInTransactionAsync(transaction, "n", cancellationToken: Ending));
            Assert.Null(await Locks.TryAcquireAsync("n", cancellationToken: Ending));
            await (commits ? transaction.CommitAsync(Ending) : transaction.RollbackAsync(Ending));
        }

        await using var held = await Locks.TryAcquireAsync("n", cancellationToken: Ending);
        Assert.NotNull(held);
        await using var next = await connection.BeginTransactionAsync(Ending);
        Assert.False(await Locks.TryAcquireInTransactionAsync(next, "n", cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task A_wait_that_is_over_leaves_the_transaction_and_its_timeouts_as_they_were()
    {
        await using var held = await Locks.AcquireAsync("n", cancellationToken: Ending);
        await using var connection = await _database!.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Ending);
        await RunAsync(transaction, "create table t (i int); set local lock_timeout = '77s'; set local statement_timeout = '78s'; insert into t values (1)");

        await Assert.ThrowsAsync<LockDeadlockException>( // this flow holds it by a handle
            () => Locks.TryAcquireInTransactionAsync(transaction, "n", new LockRequest { Timeout = TimeSpan.FromMilliseconds(200) }, Ending));

        Task<bool> waiting;
        using (ExecutionContext.SuppressFlow())
        {
            waiting = Task.Run(() => Locks.TryAcquireInTransactionAsync(transaction, "n", new LockRequest { Timeout = TimeSpan.FromMilliseconds(200) }, Ending), Ending);
        }

        Assert.False(await waiting);
        Assert.Equal("77s 78s 1", await RunAsync(transaction, "select concat_ws(' ', current_setting('lock_timeout'), current_setting('statement_timeout'), (select count(*) from t))"));
        await transaction.CommitAsync(Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task A_wait_gets_the_lock_when_its_handle_is_disposed_and_two_transactions_share_a_shared_one()
    {
        var held = await Locks.AcquireAsync("n", cancellationToken: Ending);
        await using var one = await _database!.OpenAsync();
        await using var first = await one.BeginTransactionAsync(Ending);
        await using var two = await _database.OpenAsync();
        await using var second = await two.BeginTransactionAsync(Ending);
        Task<bool> waiting;
        using (ExecutionContext.SuppressFlow())
        {
            waiting = Task.Run(() => Locks.TryAcquireInTransactionAsync(first, "n", new LockRequest { Timeout = Timeout.InfiniteTimeSpan, Mode = LockMode.Shared }, Ending), Ending);
        }

        await held.DisposeAsync();

        Assert.True(await waiting);
        Assert.True(await Locks.TryAcquireInTransactionAsync(second, "n", new LockRequest { Mode = LockMode.Shared }, Ending));
        Assert.Null(await Locks.TryAcquireAsync("n", cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task Two_transactions_that_wait_for_each_other_are_found_by_the_server()
    {
        var forEver = new LockRequest { Timeout = Timeout.InfiniteTimeSpan };
        await using var one = await _database!.OpenAsync();
        await using var first = await one.BeginTransactionAsync(Ending);
        await using var two = await _database.OpenAsync();
        await using var second = await two.BeginTransactionAsync(Ending);
        Assert.True(await Locks.TryAcquireInTransactionAsync(first, "a", cancellationToken: Ending));
        Assert.True(await Locks.TryAcquireInTransactionAsync(second, "b", cancellationToken: Ending));

        var outcomes = await Task.WhenAll(CrossAsync(first, "b"), CrossAsync(second, "a"));

        Assert.Equal(["True", PostgresErrorCodes.DeadlockDetected], outcomes.OrderDescending());

        async Task<string> CrossAsync(NpgsqlTransaction transaction, string name)
        {
            try
            {
                return $"{await Locks.TryAcquireInTransactionAsync(transaction, name, forEver, Ending)}";
            }
            catch (PostgresException e)
            {
                await transaction.RollbackAsync(Ending); // lets the other go on
                return e.SqlState;
            }
        }
    }

    [Fact(Timeout = Limit)]
    public async Task What_could_exclude_nobody_is_refused()
    {
        await using var elsewhere = await server.CreateDatabaseAsync();
        await using var connection = await elsewhere.OpenAsync();
        await using var foreign = await connection.BeginTransactionAsync(Ending);
        Assert.Contains("a lock there would exclude nobody here", (await Assert.ThrowsAsync<ArgumentException>(
            () => Locks.TryAcquireInTransactionAsync(foreign, "n", cancellationToken: Ending))).Message, StringComparison.Ordinal);

        await using var own = await _database!.OpenAsync();
        var over = await own.BeginTransactionAsync(Ending);
        await over.CommitAsync(Ending);
        await Assert.ThrowsAnyAsync<Exception>(() => Locks.TryAcquireInTransactionAsync(over, "n", cancellationToken: Ending));
        await using var transaction = await own.BeginTransactionAsync(Ending);
        await Assert.ThrowsAsync<ArgumentException>(() => Locks.TryAcquireInTransactionAsync(transaction, "n", new LockRequest { MaxHolders = 2 }, Ending));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Locks.TryAcquireInTransactionAsync(transaction, "n", new LockRequest { Timeout = TimeSpan.FromSeconds(-3) }, Ending));

        await using var memory = new Replica(options => (options.BackendUrl, options.Group) = ($"memory://{_database.Name}", "orders"));
        await memory.StartAsync();
        await Assert.ThrowsAsync<NotSupportedException>(() => memory.Locks.TryAcquireInTransactionAsync(transaction, "n", cancellationToken: Ending));
    }

    private static async Task<string?> RunAsync(NpgsqlTransaction transaction, string sql)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        return (await command.ExecuteScalarAsync(Ending))?.ToString();
    }
}
