using System.Net;
using System.Net.Sockets;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>What the other tests take for granted about the servers they use.</summary>
public sealed class PostgresServerTests(PostgresServer server, FreshDatabase fresh) : IClassFixture<FreshDatabase>
{
    [Fact]
    public async Task The_shared_server_gives_each_class_an_empty_database()
    {
        await using var other = await server.CreateDatabaseAsync();

        Assert.NotEqual(other.Name, fresh.Database.Name);
        Assert.Equal(0L, await fresh.Database.ScalarAsync<long>("select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"));
        Assert.Equal(fresh.Database.Name, await fresh.Database.ScalarAsync<string>("select current_database()::text"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_private_cluster_keeps_what_was_committed_through_a_restart(bool crash)
    {
        await using var cluster = await server.StartPrivateClusterAsync();
        await cluster.Address.ExecuteAsync("create table kept as select 7 as n");

        await (crash ? cluster.StopImmediatelyAsync() : cluster.StopFastAsync());
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => cluster.Address.OpenAsync());
        await cluster.StartAsync();

        Assert.Equal(7, await cluster.Address.ScalarAsync<int>("select n from kept"));
        Assert.Equal("on", await cluster.Address.ScalarAsync<string>("show fsync"));
    }

    [Fact]
    public async Task Folders_without_programs_and_with_programs_that_do_not_run_count_for_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("no-postgres-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "initdb"), "no program", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "postgres"), "no program", TestContext.Current.CancellationToken);

        Assert.Null(await LocalBinaries.FindAsync([folder.FullName, Path.Combine(folder.FullName, "absent")]));

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_log_shows_what_went_wrong_since_a_mark()
    {
        await using var cluster = await server.StartPrivateClusterAsync();
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => cluster.Address.ExecuteAsync("select before_the_mark"));
        var mark = cluster.Log.Mark();

        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => cluster.Address.ExecuteAsync("select after_the_mark"));

        Assert.Contains("after_the_mark", Assert.Single(await cluster.Log.NoiseSinceAsync(mark)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pooler_whose_port_somebody_was_faster_to_take_goes_to_another()
    {
        using var faster = new TcpListener(IPAddress.Loopback, FreePort.Find());
        faster.Start();
        var taken = ((IPEndPoint)faster.LocalEndpoint).Port;

        await using var pooler = await PgBouncer.StartAsync(fresh.Database.Address, "session", taken);

        Assert.NotEqual(taken, pooler.Address.Port);
        Assert.Equal(7, await pooler.Address.ScalarAsync<int>("select 7"));
    }

    [Fact]
    public async Task A_standby_follows_its_primary()
    {
        await using var primary = await server.StartPrivateClusterAsync();
        await using var standby = await primary.StartStandbyAsync();

        Assert.True(await standby.Address.ScalarAsync<bool>("select pg_is_in_recovery()"));
    }
}
