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

    private Replica BuildBounded(string id, TimeSpan timeout, bool observe = false) => Build(options =>
    {
        options.BackendUrl = $"{database.Url}{(database.Url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}options=-c%20coordination.most_members%3D3";
        (options.MemberId, options.StartupTimeout, options.Observe) = (id, timeout, observe);
    });
}
