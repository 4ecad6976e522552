using Coordination.IntegrationTests.Infrastructure;
using Dapper;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>Connections that wait for what other processes hold are few, and stay open while there is work.</summary>
public sealed class WaiterConnectionTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int MostWaiters = 8;
    private const int Callers = 24;
    private const int Names = 12;
    private const int Turns = 60;

    [Fact]
    public async Task Two_processes_that_want_the_same_names_all_the_time_open_their_waiter_connections_once()
    {
        var before = await SessionsAsync();
        await using (var one = await StartAsync("one"))
        {
            await using var other = await StartAsync("other");
            await Task.WhenAll(Enumerable.Range(0, 2 * Callers).Select(caller => Task.Run(() => WorkAsync(caller % 2 == 0 ? one : other, new Random(caller)))));
        }

        await using var asking = await database.Database.OpenAsync();
        await Eventually.BecomesTrueAsync(
            async () => await asking.ExecuteScalarAsync<bool>(
                "select not exists (select from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid())"),
            "their connections are closed, and so are counted");

        // Two of each to be a member, and one at least that waits; above, the questions here, and what a busy machine may make a host try again.
        Assert.InRange(await SessionsAsync() - before, 2 * (2 + 1), 2 * (MostWaiters + 4));
    }

    private Task<RunningHost> StartAsync(string member) => RunningHost.StartAsync(options =>
        (options.BackendUrl, options.MemberId, options.MaxWaiterConnections, options.LeaseTime) = (database.Url, member, MostWaiters, TimeSpan.FromMinutes(1)));

    private static async Task WorkAsync(RunningHost host, Random random)
    {
        for (var turn = 0; turn < Turns; turn++)
        {
            await using (await host.Locks.AcquireAsync(new LockName($"name-{random.Next(Names)}"), cancellationToken: TestContext.Current.CancellationToken))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>How many there have been: one that is closed is counted always, one that is open when it has been idle for a moment.</summary>
    private async Task<long> SessionsAsync() =>
        await database.Database.ScalarAsync<long>("select sessions from pg_stat_database where datname = current_database()");
}
