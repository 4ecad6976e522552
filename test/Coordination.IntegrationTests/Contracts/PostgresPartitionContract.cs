using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Contracts;

public sealed class PostgresPartitionContract(FreshDatabase database) : PartitionContract, IClassFixture<FreshDatabase>
{
    protected override string BackendUrl => database.Url;

    [Fact(Timeout = Limit)]
    public async Task Partitions_that_are_lost_with_their_session_run_again_when_it_is_back_and_with_greater_tokens()
    {
        var one = await StartWorkerAsync("one");
        await OwnsAsync(one, 20);
        Assert.True(Mine(one).TryGetToken(7, out var before));
        var begun = Ledger.Begun;

        Assert.True(await database.Database.ScalarAsync<bool>("select bool_or(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name like '%/one'"));
        await Ledger.ReachesAsync(running => running.Count == 20 && Ledger.Begun >= begun + 20, Ending);

        Assert.True(Mine(one).TryGetToken(7, out var after));
        Assert.True(after > before);
        Ledger.AssertFaultless();
    }
}
