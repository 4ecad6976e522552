namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A class fixture: one new database for the tests of a class.</summary>
public sealed class FreshDatabase(PostgresServer server) : IAsyncLifetime
{
    private TestDatabase? _database;

    /// <summary>For <see cref="CoordinationOptions.BackendUrl"/>.</summary>
    public string Url => Database.Url;

    internal TestDatabase Database => _database ?? throw new InvalidOperationException("The database is not created yet.");

    public async ValueTask InitializeAsync() => _database = await server.CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}
