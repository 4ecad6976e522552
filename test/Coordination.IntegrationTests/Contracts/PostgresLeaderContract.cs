using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Contracts;

public sealed class PostgresLeaderContract(FreshDatabase database) : LeaderContract, IClassFixture<FreshDatabase>
{
    protected override string BackendUrl => database.Url;

    [Fact(Timeout = Limit)]
    public async Task A_term_whose_session_the_server_ends_is_lost_before_another_member_begins()
    {
        var (one, two) = (await StartAsync("one"), await StartAsync("two"));
        var term = await CampaignAsync(one, "billing");
        var order = new List<string>();
        var lost = Signal(term.Lost, () => Note(order, "lost"));
        var next = Apart(async () =>
        {
            var later = await CampaignAsync(two, "billing");
            Note(order, "next");
            return later;
        });

        Assert.True(await database.Database.ScalarAsync<bool>(
            $"select bool_or(pg_terminate_backend(pid)) from coordination.members m join coordination.groups g using (group_id) where m.member_id = 'one' and g.name = '{GroupName}'"));
        await lost.WaitAsync(Ending);
        Assert.False(term.IsHeld);
        Assert.False(next.IsCompleted); // the lock is free, and the old leader's work has not stopped
        await term.DisposeAsync();
        await using var successor = await next;

        Assert.Equal(["lost", "next"], order);
        Assert.True(successor.Token > term.Token);
        await Eventually.BecomesTrueAsync(() => Task.FromResult(one.Group.State is MembershipState.Joined), "the old leader is back"); // it connects again in its own time
        Assert.Equal("two", (await Election(one).GetLeaderAsync("billing", Ending))?.Id);
    }

    private static void Note(List<string> order, string what)
    {
        lock (order)
        {
            order.Add(what);
        }
    }
}
