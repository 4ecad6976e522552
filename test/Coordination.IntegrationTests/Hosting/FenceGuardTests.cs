using Coordination.IntegrationTests.Infrastructure;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>Late writes are refused where they would be done.</summary>
public sealed class FenceGuardTests(PostgresServer server) : IAsyncLifetime
{
    private const int Limit = 120_000; // for a hang

    private TestDatabase? _database;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await server.CreateDatabaseAsync();

    public async ValueTask DisposeAsync() => await _database!.DisposeAsync();

    [Fact(Timeout = Limit)]
    public async Task A_smaller_token_is_refused_and_an_equal_or_greater_one_is_not()
    {
        await _database!.ExecuteAsync(FenceGuard.CreateTable("mine"));
        await _database.ExecuteAsync(FenceGuard.CreateTable("mine"));

        await CheckAsync(new FencingToken(10));
        await CheckAsync(new FencingToken(10));
        await CheckAsync(new FencingToken(12));
        var error = await Assert.ThrowsAsync<StaleTokenException>(() => CheckAsync(new FencingToken(11)));

        Assert.Equal(("invoice-7", 11, 12), (error.Thing, error.Token.Value, error.Newest.Value));
        await CheckAsync(new FencingToken(1), "invoice-8");
    }

    [Fact(Timeout = Limit)]
    public async Task Of_two_that_come_at_once_the_second_sees_what_the_first_has_left()
    {
        await _database!.ExecuteAsync(FenceGuard.CreateTable("mine"));
        await using var one = await _database.OpenAsync();
        await using var first = await one.BeginTransactionAsync(Ending);
        await FenceGuard.CheckAsync(first, "invoice-7", new FencingToken(20), "mine", Ending);

        var late = CheckAsync(new FencingToken(19));
        await first.CommitAsync(Ending);

        await Assert.ThrowsAsync<StaleTokenException>(() => late);
    }

    [Fact(Timeout = Limit)]
    public async Task The_table_is_there_in_the_database_of_the_group()
    {
        await using var replica = new Replica(options => (options.BackendUrl, options.Group) = (_database!.Url, "orders"));
        await replica.StartAsync();
        await using var held = await replica.Locks.AcquireAsync("invoice-7", cancellationToken: Ending);
        await using var connection = await _database!.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Ending);

        await FenceGuard.CheckAsync(transaction, held.Name.Value, held.Token, cancellationToken: Ending);
        await transaction.CommitAsync(Ending);

        Assert.Equal(held.Token.Value, await _database.ScalarAsync<long>("select token from coordination.fences where thing = 'invoice-7'"));
    }

    [Theory(Timeout = Limit)]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("x; drop table invoice")]
    public async Task A_schema_that_is_no_plain_identifier_is_refused(string schema)
    {
        await using var connection = await _database!.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Ending);

        await Assert.ThrowsAsync<ArgumentException>(() => FenceGuard.CheckAsync(transaction, "invoice-7", new FencingToken(1), schema, Ending));
        Assert.Throws<ArgumentException>(() => FenceGuard.CreateTable(schema));
    }

    private async Task CheckAsync(FencingToken token, string thing = "invoice-7")
    {
        await using var connection = await _database!.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(Ending);
        await FenceGuard.CheckAsync(transaction, thing, token, "mine", Ending);
        await transaction.CommitAsync(Ending);
    }
}
