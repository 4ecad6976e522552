using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>A program meets a schema that an older version made.</summary>
public sealed class SchemaUpgradeTests(PostgresServer server) : IAsyncLifetime
{
    // The script that changes a table which everybody reads all the time.
    private const int BeforeWatching = 6;

    private TestDatabase _database = null!;

    public static TheoryData<int> OlderVersions => [.. Enumerable.Range(1, SchemaScripts.Names.Count - 1)];

    public async ValueTask InitializeAsync() => _database = await server.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Theory]
    [MemberData(nameof(OlderVersions))]
    public async Task Who_may_not_change_it_says_which_scripts_are_missing_and_who_may_applies_those_and_no_others(int version)
    {
        await SchemaScripts.ApplyAsync(_database, version);
        var before = await AppliedAsync(version);

        var refused = await StartAttempt.FailingAsync(_database.Url, options => options.CreateSchema = false);
        await using (var host = await RunningHost.StartAsync(options => options.BackendUrl = _database.Url))
        {
            Assert.NotNull(await host.Locks.TryAcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken));
        }

        Assert.Contains($"the scripts {string.Join(", ", SchemaScripts.Names.Skip(version))} (", refused.Message, StringComparison.Ordinal);
        Assert.IsType<CoordinationConfigurationException>(refused.Error);
        Assert.Equal(SchemaScripts.Names, (await _database.ScalarAsync<string[]>("select array_agg(name order by version) from coordination.schema_version"))!);
        Assert.Equal(before, await AppliedAsync(version));
        await using var again = await RunningHost.StartAsync(options => (options.BackendUrl, options.CreateSchema) = (_database.Url, false));
        Assert.Equal(MembershipState.Joined, again.Group.State);
    }

    [Fact]
    public async Task An_upgrade_behind_a_long_reader_holds_up_nobody_else_for_longer_than_a_moment()
    {
        await SchemaScripts.ApplyAsync(_database, BeforeWatching);
        await using var reader = await _database.OpenAsync();
        await using var reading = await reader.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var read = new NpgsqlCommand("select count(*) from coordination.members", reader, reading))
        {
            await read.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        }

        var starting = RunningHost.StartAsync(options => (options.BackendUrl, options.LeaseTime) = (_database.Url, TimeSpan.FromSeconds(20)));
        for (var round = 0; round < 3; round++)
        {
            await Eventually.BecomesTrueAsync(
                () => _database.ScalarAsync<bool>("select exists (select from pg_locks where relation = 'coordination.members'::regclass and mode = 'AccessExclusiveLock' and not granted)"),
                "the upgrade waits for the reader");
            await _database.ExecuteAsync("set lock_timeout = '4s'; select count(*) from coordination.members"); // as a heartbeat that comes behind it
        }

        Assert.False(starting.IsCompleted);
        await reading.CommitAsync(TestContext.Current.CancellationToken);
        await using var host = await starting;
        Assert.Equal(MembershipState.Joined, host.Group.State);
    }

    [Fact]
    public async Task A_schema_that_no_longer_works_with_this_version_is_refused_with_what_to_upgrade()
    {
        await using (await RunningHost.StartAsync(options => options.BackendUrl = _database.Url))
        {
        }

        await _database.ExecuteAsync("insert into coordination.schema_version (version, name, works_from) values (1000, '1000_other.sql', 900)");

        var refused = await StartAttempt.FailingAsync(_database.Url);

        Assert.Contains("is at version 1000, which programs older than version 900 cannot work with", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Upgrade the package Coordination.Hosting", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Which transactions applied the first scripts: a script that ran again has another one.</summary>
    private Task<string?> AppliedAsync(int version) =>
        _database.ScalarAsync<string>($"select string_agg(name || ' ' || xmin, ', ' order by version) from coordination.schema_version where version <= {version}");
}
