using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.Benchmarks.Servers;

/// <summary>The PostgreSQL that is measured on: a given one, or a throw-away cluster with the settings it is born with.</summary>
internal sealed class BenchmarkServer(IPostgresSource source) : IAsyncDisposable
{
    /// <summary>As the library takes it.</summary>
    public string Url => source.Address.Url;

    /// <summary>As Npgsql takes it.</summary>
    public string ConnectionString => source.Address.ConnectionString;

    public static async Task<BenchmarkServer> FindAsync(string? url)
    {
        if (url is not null)
        {
            return new BenchmarkServer(new GivenServer(url));
        }

        var binaries = await LocalBinaries.FindAsync() ?? throw new InvalidOperationException($"No PostgreSQL 14 or later to measure on. {LocalBinaries.HowToInstall}");
        return new BenchmarkServer(await PrivateCluster.StartNewAsync(binaries));
    }

    /// <summary>Where it is from, and the settings that the figures depend on.</summary>
    public async Task<string> DescribeAsync()
    {
        var settings = await source.Address.ScalarAsync<string>(
            """
            select 'PostgreSQL ' || current_setting('server_version') || ': ' || string_agg(name || '=' || current_setting(name), ', ' order by name)
            from pg_settings
            where name in ('fsync', 'synchronous_commit', 'max_connections', 'max_locks_per_transaction', 'shared_buffers', 'deadlock_timeout', 'ssl')
            """);
        return $"{settings}{Environment.NewLine}{source.Description}";
    }

    /// <summary>How many connections of a group the server has now.</summary>
    public Task<long> CountConnectionsAsync(string group) => source.Address.ScalarAsync<long>(
        $"select count(*) from coordination.live_connections where group_name = '{group}' and kind <> 'watcher'");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();
}
