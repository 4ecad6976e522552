using Conductors.Roles;
using Npgsql;

namespace Conductors.Demo.Databases;

/// <summary>A PostgreSQL that runs already. The demo works in schemas of its own there; they are dropped at the end.</summary>
internal sealed class ConfiguredDatabase(string url, string configuredBy, IReadOnlyList<string> schemas) : IDatabase
{
    private string? _connectionString;

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(NodeDatabase.Translate(url)) { Pooling = false, Timeout = 10 };
        }
        catch (FormatException e)
        {
            throw new DemoException($"The database configured by {configuredBy} cannot be read. {e.Message}");
        }

        try
        {
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or ArgumentException or TimeoutException)
        {
            throw new DemoException(
                $"The PostgreSQL configured by {configuredBy} ({settings.Host}:{settings.Port}, database '{settings.Database}', user '{settings.Username}') does not let us in: {e.Message}\n" +
                "Correct the URL, or leave it away: then the demo starts a PostgreSQL of its own.");
        }

        _connectionString = settings.ConnectionString;
        return url;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connectionString is null)
        {
            return;
        }

        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync(CancellationToken.None);
        foreach (var schema in schemas)
        {
            await using var drop = new NpgsqlCommand($"set client_min_messages = warning; drop schema if exists {schema} cascade", connection);
            await drop.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }
}
