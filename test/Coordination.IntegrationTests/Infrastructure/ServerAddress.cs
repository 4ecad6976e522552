using System.Globalization;
using Npgsql;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>Where a server is and who we are there; writes both kinds of address.</summary>
internal sealed record ServerAddress(string Host, int Port, string User, string Password, string Database = "postgres", string Query = "")
{
    public string Url =>
        string.Create(CultureInfo.InvariantCulture, $"postgresql://{Uri.EscapeDataString(User)}:{Uri.EscapeDataString(Password)}@{Host}:{Port}/{Uri.EscapeDataString(Database)}{Query}");

    /// <summary>For the tests' own connections. Unpooled, so that a restarted server or a dropped database leaves nothing stale.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = Host,
        Port = Port,
        Username = User,
        Password = Password,
        Database = Database,
        Pooling = false,
        Timeout = 15,
        ApplicationName = "coordination-tests",
        SslMode = Query.Contains("sslmode=require", StringComparison.Ordinal) ? SslMode.Require : SslMode.Prefer,
    }.ConnectionString;

    public static ServerAddress Parse(string url)
    {
        var uri = new Uri(url);
        var user = uri.UserInfo.Split(':', 2);
        return new ServerAddress(
            uri.Host,
            uri.Port > 0 ? uri.Port : 5432,
            Uri.UnescapeDataString(user[0]),
            user.Length > 1 ? Uri.UnescapeDataString(user[1]) : string.Empty,
            uri.AbsolutePath.Trim('/') is { Length: > 0 } database ? Uri.UnescapeDataString(database) : "postgres",
            uri.Query);
    }

    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first value of the first row; default when there is none.</summary>
    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }
}
