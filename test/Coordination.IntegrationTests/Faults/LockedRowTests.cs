using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Somebody else keeps the row of a member locked: a hand in psql, or a tool that locks what it reads.</summary>
public sealed class LockedRowTests(FreshDatabase fresh) : IClassFixture<FreshDatabase>
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    [Theory]
    [InlineData(HeartbeatMode.Written)]
    [InlineData(HeartbeatMode.Sparse)]
    public async Task A_heartbeat_that_cannot_be_written_keeps_nobody_waiting_and_is_written_when_the_row_is_free(HeartbeatMode mode)
    {
        var id = $"locked-{mode}";
        await using var host = await RunningHost.StartAsync(options =>
        {
            (options.BackendUrl, options.Group, options.MemberId, options.HeartbeatMode) = (fresh.Url, id, id, mode);
            (options.LeaseTime, options.HeartbeatInterval) = (TimeSpan.FromMinutes(4), Beat); // a statement that waited for the row would wait for more than three minutes
        });
        await using var foreign = await fresh.Database.OpenAsync();
        await using var command = new NpgsqlCommand($"begin; select from coordination.members where member_id = '{id}' for update", foreign);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var before = await LastHeartbeatAsync(id);

        // Longer than it takes until a heartbeat should have been written: one in twelve when they are sparse.
        var since = TimeProvider.System.GetTimestamp();
        do
        {
            await using var handle = await host.Locks.AcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(Limits.Step, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        while (TimeProvider.System.GetElapsedTime(since) < 20 * Beat);

        Assert.Equal(before, await LastHeartbeatAsync(id));
        command.CommandText = "rollback";
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(async () => await LastHeartbeatAsync(id) > before, "it is written");
    }

    [Fact]
    public async Task A_row_that_stays_locked_is_told_of_with_the_statement_that_finds_who_has_it()
    {
        var log = new LogCollector();
        await using var host = await RunningHost.StartAsync(
            options =>
            {
                (options.BackendUrl, options.Group, options.MemberId) = (fresh.Url, "told", "told");
                (options.LeaseTime, options.HeartbeatInterval) = (TimeSpan.FromSeconds(3), Beat);
            },
            log);
        await using var foreign = await fresh.Database.OpenAsync();
        await using var command = new NpgsqlCommand("begin; select from coordination.members where member_id = 'told' for update", foreign);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await Eventually.BecomesTrueAsync(() => Task.FromResult(log.Text.Contains(" 2011 ", StringComparison.Ordinal)), "it is told");

        var statement = log.Text[log.Text.IndexOf("select l.pid", StringComparison.Ordinal)..];
        Assert.Equal(foreign.ProcessID, await fresh.Database.ScalarAsync<int>(statement[..statement.IndexOf(';', StringComparison.Ordinal)]));
        command.CommandText = "rollback";
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private Task<DateTime> LastHeartbeatAsync(string id) => fresh.Database.ScalarAsync<DateTime>($"select last_heartbeat from coordination.members where member_id = '{id}'");
}
