using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>Servers and roles that will not do: one clear error, before any harm.</summary>
public sealed class WrongServerTests(PostgresServer server, FreshDatabase fresh) : IClassFixture<FreshDatabase>
{
    private readonly TestDatabase _database = fresh.Database;

    [Fact]
    public async Task A_wrong_password_is_said_and_never_shown()
    {
        await using var role = await TestRole.CreateAsync(_database);

        var attempt = await StartAttempt.FailingAsync((role.Address with { Password = "wrong-secret-word" }).Url);

        Assert.IsType<CoordinationConfigurationException>(attempt.Error);
        Assert.Contains("password", attempt.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(role.Name, attempt.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret-word", attempt.Everything, StringComparison.Ordinal);
        Assert.DoesNotContain(role.Address.Password, attempt.Everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_named()
    {
        var attempt = await StartAttempt.FailingAsync(server.Url("no_such_database"));

        Assert.IsType<CoordinationConfigurationException>(attempt.Error);
        Assert.Contains("no_such_database", attempt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tls_that_is_required_and_not_offered_fails_the_start()
    {
        await using var cluster = await server.StartPrivateClusterAsync("ssl=off");

        var attempt = await StartAttempt.FailingAsync(cluster.Address.Url + "?sslmode=require");

        Assert.IsType<CoordinationConfigurationException>(attempt.Error);
        Assert.Contains("sslmode", attempt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_standby_is_refused_although_its_locks_work()
    {
        await using var primary = await server.StartPrivateClusterAsync();
        await using var standby = await primary.StartStandbyAsync();

        var attempt = await StartAttempt.FailingAsync(standby.Address.Url);

        Assert.IsType<CoordinationConfigurationException>(attempt.Error);
        Assert.Contains("standby", attempt.Message, StringComparison.Ordinal);
        Assert.Contains("primary", attempt.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("transaction")]
    [InlineData("statement")]
    [InlineData("session")]
    public async Task A_pooler_in_between_is_recognised_and_nothing_is_written_through_it(string mode)
    {
        await using var database = await server.CreateDatabaseAsync();
        await using var pooler = await PgBouncer.StartAsync(database.Address, mode);

        var attempt = await StartAttempt.FailingAsync(pooler.Address.Url);

        Assert.IsType<CoordinationConfigurationException>(attempt.Error);
        Assert.Contains("pooler", attempt.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_namespace where nspname = 'coordination'"));
        Assert.Equal(0L, await server.Address.ScalarAsync<long>($"select count(*) from pg_locks join pg_database d on d.oid = database where locktype = 'advisory' and datname = '{database.Name}'"));
    }

    [Theory]
    [InlineData("transaction")]
    [InlineData("statement")]
    public async Task A_pooler_that_lends_sessions_is_refused_although_one_is_allowed_and_leaves_nothing_behind(string mode)
    {
        await using var database = await server.CreateDatabaseAsync();
        await using var pooler = await PgBouncer.StartAsync(database.Address, mode);

        var attempt = await StartAttempt.FailingAsync(pooler.Address.Url, options => options.AllowPooler = AllowPooler.Session);

        Assert.IsType<CoordinationConfigurationException>(attempt.Error);
        Assert.Contains("pool_mode = session", attempt.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_namespace where nspname = 'coordination'"));
        Assert.Equal(0L, await server.Address.ScalarAsync<long>($"select count(*) from pg_locks join pg_database d on d.oid = database where locktype = 'advisory' and datname = '{database.Name}'"));
    }

    [Fact]
    public async Task A_server_whose_advisory_locks_do_nothing_is_found_out_before_anything_is_written()
    {
        await using var cluster = await server.StartPrivateClusterAsync("allow_system_table_mods=on");
        await cluster.Address.ExecuteAsync(
            "alter function pg_catalog.pg_try_advisory_lock(integer, integer) rename to true_try_advisory_lock; "
            + "create function pg_catalog.pg_try_advisory_lock(integer, integer) returns boolean language sql volatile strict as 'select true'");

        var attempt = await StartAttempt.FailingAsync(cluster.Address.Url);

        Assert.IsType<CoordinationConfigurationException>(attempt.Error);
        Assert.Contains("no working advisory locks", attempt.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await cluster.Address.ScalarAsync<long>("select count(*) from pg_namespace where nspname = 'coordination'"));
    }

    [Fact]
    public async Task Through_a_pooler_in_session_mode_that_is_allowed_processes_exclude_each_other()
    {
        await using var database = await server.CreateDatabaseAsync();
        await using var pooler = await PgBouncer.StartAsync(database.Address, "session");
        void Configure(CoordinationOptions options) => (options.BackendUrl, options.AllowPooler) = (pooler.Address.Url, AllowPooler.Session);
        await using var here = await RunningHost.StartAsync(Configure);
        await using var there = await RunningHost.StartAsync(Configure);

        var held = await here.Locks.AcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Null(await there.Locks.TryAcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken));
        var waiting = there.Locks.AcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await held.ReleaseAsync(TestContext.Current.CancellationToken);
        await using var next = await waiting.WaitAsync(Limits.Step, TestContext.Current.CancellationToken);

        Assert.True(next.Token > held.Token);
        Assert.Equal(2, (await here.Group.RefreshAsync(TestContext.Current.CancellationToken)).Members.Count);
    }

    [Fact]
    public async Task A_role_that_may_not_create_the_schema_is_told_what_to_grant()
    {
        await using var database = await server.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);

        var attempt = await StartAttempt.FailingAsync(role.Address.Url);

        Assert.IsType<CoordinationConfigurationException>(attempt.Error);
        Assert.Contains("GRANT CREATE ON DATABASE", attempt.Message, StringComparison.Ordinal);
        Assert.Contains(role.Name, attempt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_CreateSchema_the_message_lists_what_is_missing_and_following_it_is_enough()
    {
        await using var database = await server.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);
        var empty = await StartAttempt.FailingAsync(role.Address.Url, options => options.CreateSchema = false);
        Assert.IsType<CoordinationConfigurationException>(empty.Error);
        Assert.Contains("CREATE SCHEMA", empty.Message, StringComparison.Ordinal);

        // The owner makes the schema once; the role only uses it.
        await using (var owner = await RunningHost.StartAsync(options => options.BackendUrl = database.Url))
        {
            Assert.Equal(MembershipState.Joined, owner.Group.State);
        }

        var lacking = await StartAttempt.FailingAsync(role.Address.Url, options => options.CreateSchema = false);
        var grants = lacking.Message[lacking.Message.IndexOf("GRANT", StringComparison.Ordinal)..];
        await database.ExecuteAsync(grants);

        await using var host = await RunningHost.StartAsync(options =>
        {
            options.BackendUrl = role.Address.Url;
            options.CreateSchema = false;
        });
        await using var held = await host.Locks.TryAcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotNull(held);
        Assert.True(await held.ConfirmAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_role_that_owns_only_its_schema_does_everything()
    {
        await using var database = await server.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);
        await database.ExecuteAsync($"create schema coordination authorization {role.Name}");

        await using var host = await RunningHost.StartAsync(options => options.BackendUrl = role.Address.Url);
        await using var other = await RunningHost.StartAsync(options => options.BackendUrl = role.Address.Url);

        var held = await host.Locks.AcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken);
        var waiting = other.Locks.AcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken).AsTask();
        await held.ReleaseAsync(TestContext.Current.CancellationToken);
        await using var next = await waiting.WaitAsync(Limits.Step, TestContext.Current.CancellationToken);
        Assert.True(next.Token > held.Token);
    }
}
