using Npgsql;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A database of a test's own.</summary>
internal sealed class TestDatabase(ServerAddress admin, ServerAddress address) : IAsyncDisposable
{
    public ServerAddress Address { get; } = address;

    public string Name => Address.Database;

    /// <summary>For <see cref="CoordinationOptions.BackendUrl"/>.</summary>
    public string Url => Address.Url;

    public Task<NpgsqlConnection> OpenAsync() => Address.OpenAsync();

    public Task ExecuteAsync(string sql) => Address.ExecuteAsync(sql);

    public Task<T?> ScalarAsync<T>(string sql) => Address.ScalarAsync<T>(sql);

    public async ValueTask DisposeAsync() => await admin.ExecuteAsync($"drop database if exists {Name} with (force)");
}
