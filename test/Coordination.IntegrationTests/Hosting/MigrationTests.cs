using Coordination.IntegrationTests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>What the pages on migration say, done.</summary>
public sealed class MigrationTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Limit = 120_000; // for a hang

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("migrating-from-tooz.md", 1)]
    [InlineData("migrating-from-distributedlock.md", 2)]
    [InlineData("migrating-from-leader-rows.md", 1)]
    [InlineData("testing.md", 4)]
    public Task The_examples_of_a_page_are_compiled_here(string page, int least) => PageExamples.AssertCompiledAsync(page, least);

    [Fact(Timeout = Limit)]
    public async Task Numbers_of_DistributedLock_are_their_hex_digits()
    {
        using var host = await StartAsync(builder =>
        {
            builder.Logging.ClearProviders();
            builder.AddCoordination(configure: options => options.KeyFormat = KeyFormat.DistributedLock);
        });
        var stop = Ending;
        var locks = host.Services.GetRequiredService<ILockProvider>();

        await using var held = await locks.AcquireAsync(7L.ToString("x16"), cancellationToken: stop);        // new PostgresAdvisoryLockKey(7L)
        await using var pair = await locks.AcquireAsync($"{1:x8},{2:x8}", cancellationToken: stop);          // new PostgresAdvisoryLockKey(1, 2)

        Assert.False(await database.Database.ScalarAsync<bool>("select pg_try_advisory_lock(7)"));
        Assert.False(await database.Database.ScalarAsync<bool>("select pg_try_advisory_lock(1, 2)"));
        Assert.True(await database.Database.ScalarAsync<bool>("select pg_try_advisory_lock(8)"));
        await host.StopAsync(Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task A_name_of_tooz_is_the_prefix_and_the_name()
    {
        using var host = await StartAsync(builder =>
        {
            builder.Logging.ClearProviders();
            builder.AddCoordination(configure: options =>
            {
                options.KeyFormat = KeyFormat.Tooz;      // the two numbers that tooz takes for the name
                options.LockPrefix = "tacker-";          // what the Python side puts before a name; without it the name stands alone
            });
        });

        await using var held = await host.Services.GetRequiredService<ILockProvider>().AcquireAsync("x", cancellationToken: Ending);

        // The first two bytes of the text's MD5, as tooz takes them.
        Assert.False(await database.Database.ScalarAsync<bool>("select pg_try_advisory_lock(get_byte(sum, 0), get_byte(sum, 1)) from decode(md5('tacker-x'), 'hex') as sum"));
        await host.StopAsync(Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task Work_under_a_role_begins_when_no_old_replica_has_the_row()
    {
        var row = new OldLeaderRow();
        using var server = new CoordinationTestServer();
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Production });
        builder.AddCoordination().AddLeaderService<NightlyBilling>("billing");
        server.Configure(builder.Services);
        builder.Services.AddSingleton<IOldLeaderRow>(row).AddSingleton<IBilling>(row);
        using var host = builder.Build();
        await host.StartAsync(Ending);

        Assert.True((await row.Billed.Task.WaitAsync(Ending)).Value > 0);
        await host.StopAsync(Ending);
    }

    private async Task<IHost> StartAsync(Action<HostApplicationBuilder> add)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Production });
        builder.Configuration["Coordination:BackendUrl"] = database.Url;
        add(builder);
        var host = builder.Build();
        await host.StartAsync(Ending);
        return host;
    }

    private sealed class OldLeaderRow : IOldLeaderRow, IBilling
    {
        public TaskCompletionSource<FencingToken> Billed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<bool> TryRenewAsync(CancellationToken cancellationToken) => Task.FromResult(true);

        public Task RunAsync(FencingToken token, CancellationToken cancellationToken)
        {
            Billed.TrySetResult(token);
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
    }
}
