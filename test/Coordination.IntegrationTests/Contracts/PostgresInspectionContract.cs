using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Contracts;

public sealed class PostgresInspectionContract(FreshDatabase database) : InspectionContract, IClassFixture<FreshDatabase>
{
    protected override string BackendUrl => database.Url;

    [Fact(Timeout = Limit)]
    public async Task A_lost_lock_is_remembered_and_so_is_that_a_session_ended()
    {
        var replica = await StartAsync("pod-0");
        await using var held = await replica.Locks.AcquireAsync("vnf-7", cancellationToken: Ending);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = held.Lost.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetResult(), lost);

        await database.Database.ExecuteAsync($"select pg_terminate_backend({replica.Inspector.Self.SessionPid})");
        await lost.Task.WaitAsync(Ending);

        await Eventually.BecomesTrueAsync(
            () => Task.FromResult(replica.Inspector.Self is { LostLocks.Count: 1, Reconnects: 1, State: MembershipState.Joined }), "the lost lock is remembered and the member is back");
        var loss = Assert.Single(replica.Inspector.Self.LostLocks);
        Assert.Equal((held.Name, held.Token), (loss.Name, loss.Token));
        Assert.False(string.IsNullOrEmpty(loss.Reason));
    }

    [Fact(Timeout = Limit)]
    public async Task A_reading_costs_one_statement_on_a_connection_that_is_gone_when_nobody_looks()
    {
        var replica = await StartAsync("pod-0", options =>
        {
            options.LeaseTime = TimeSpan.FromSeconds(3);
            options.CrashWatch = false;
        });
        var before = await ConnectionsAsync();

        await replica.Inspector.ReadAsync(Ending);

        Assert.Equal(before + 1, await ConnectionsAsync());
        await Eventually.BecomesTrueAsync(async () => await ConnectionsAsync() == before, "the connection is closed");
        Assert.Single((await replica.Inspector.ReadAsync(Ending)).Members);
    }

    [Fact(Timeout = Limit)]
    public async Task A_connection_that_the_server_ended_is_replaced_unseen()
    {
        var replica = await StartAsync("pod-0", options => options.CrashWatch = false);
        await replica.Inspector.ReadAsync(Ending);

        await database.Database.ExecuteAsync(
            $"select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'coordination/{GroupName}/pod-0' and pid <> {replica.Inspector.Self.SessionPid}");
        await Task.Delay(TimeSpan.FromSeconds(1.1), TimeProvider.System, Ending); // a reading is shared for a second

        Assert.Single((await replica.Inspector.ReadAsync(Ending)).Members);
    }

    private async Task<long> ConnectionsAsync() =>
        await database.Database.ScalarAsync<long>($"select count(*) from pg_stat_activity where application_name = 'coordination/{GroupName}/pod-0'");
}
