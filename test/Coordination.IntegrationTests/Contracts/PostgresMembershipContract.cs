using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Contracts;

public sealed class PostgresMembershipContract(FreshDatabase database) : MembershipContract, IClassFixture<FreshDatabase>
{
    protected override string BackendUrl => database.Url;

    [Fact(Timeout = Limit)]
    public async Task A_full_group_takes_nobody_more_however_many_come_at_once_and_who_waits_comes_in_when_one_has_left()
    {
        var coming = Enumerable.Range(0, 6).Select(i => BuildBounded($"pod-{i}", Limits.Step)).Select(replica => Apart(async () =>
        {
            await replica.StartAsync();
            return replica;
        })).ToList();
        Queue<Replica> members = [];
        async Task NextComesInAsync()
        {
            var first = await Task.WhenAny(coming);
            coming.Remove(first);
            members.Enqueue(await first);
        }

        for (var i = 0; i < 3; i++)
        {
            await NextComesInAsync();
        }

        var fault = await Assert.ThrowsAnyAsync<CoordinationException>(BuildBounded("refused", TimeSpan.FromSeconds(5)).StartAsync);
        Assert.Contains($"Group '{GroupName}' has 3 members, and takes no more", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Stop some, or spread the service over several groups", fault.Message, StringComparison.Ordinal);
        await BuildBounded("observer", Limits.Step, observe: true).StartAsync(); // who only looks on takes no place

        while (coming.Count > 0)
        {
            Assert.Equal(3, (await members.Last().Group.RefreshAsync(Ending)).Members.Count);
            await members.Dequeue().StopAsync();
            await NextComesInAsync();
        }

        Assert.Equal(3, (await members.Last().Group.RefreshAsync(Ending)).Members.Count);
    }

    protected override async Task LoseSessionAsync(string memberId)
    {
        var connections = $"from coordination.live_connections c where c.group_name = '{GroupName}' and c.member_id = '{memberId}'";
        var ended = await database.Database.ScalarAsync<int[]>($"select array_agg(c.pid) {connections} and pg_terminate_backend(c.pid)");
        await Eventually.BecomesTrueAsync(
            () => database.Database.ScalarAsync<bool>($"select not exists (select from pg_stat_activity a where a.pid in ({string.Join(", ", ended!)}))"), "its connections are gone");
    }

    private Replica BuildBounded(string id, TimeSpan timeout, bool observe = false) => Build(options =>
    {
        options.BackendUrl = $"{database.Url}{(database.Url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}options=-c%20coordination.most_members%3D3";
        (options.MemberId, options.StartupTimeout, options.Observe) = (id, timeout, observe);
    });
}
