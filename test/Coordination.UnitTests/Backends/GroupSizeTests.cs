using Coordination.Backends;
using Coordination.Backends.Files;
using Coordination.Backends.Postgres;
using Coordination.UnitTests.Backends.Files;
using Coordination.UnitTests.Backends.Memory;

namespace Coordination.UnitTests.Backends;

/// <summary>How many members a group may have, where the group does not live on a server of its own.</summary>
public sealed class GroupSizeTests
{
    private const string Refusal = "Group 'orders' has 3 members, and takes no more. Stop some, or spread the service over several groups (Group).";

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_full_group_in_memory_takes_nobody_more_until_one_has_left()
    {
        await using var house = new MemoryHouse();
        var first = await house.JoinAsync(Bounded("a"));
        await house.JoinAsync(Bounded("b"));
        await house.JoinAsync(Bounded("c"));

        var fault = await Assert.ThrowsAsync<CoordinationUnavailableException>(() => house.JoinAsync(Bounded("d")));
        Assert.Equal(Refusal, fault.Message);
        await house.JoinAsync(Bounded("looks on") with { Observe = true });
        await house.JoinAsync(Bounded("c")); // in the place of the other
        await house.JoinAsync(Bounded("d") with { Group = "billing" });

        Assert.Equal(3, (await first.ReadGroupAsync()).Members.Count);
        await first.LeaveAsync();
        await house.JoinAsync(Bounded("d"));
    }

    [Fact]
    public void A_full_group_in_a_folder_takes_nobody_more_until_one_has_left()
    {
        using var table = new TemporaryTable();
        var roster = new FileRoster(table.Folder, TimeProvider.System);
        List<KernelLock> lifelines = [];
        SessionSlot Join(MemberProfile profile)
        {
            var (session, _) = roster.Join(profile, out var lifeline);
            lifelines.Add(lifeline);
            return session;
        }

        try
        {
            var first = Join(Bounded("a"));
            Join(Bounded("b"));
            Join(Bounded("c"));

            var fault = Assert.Throws<CoordinationUnavailableException>(() => Join(Bounded("d")));
            Assert.Equal(Refusal, fault.Message);
            Join(Bounded("looks on") with { Observe = true });
            Join(Bounded("c")); // in the place of the other
            Join(Bounded("d") with { Group = "billing" });

            Assert.Equal(["a", "b", "c"], roster.Groups.Get("orders").Members.Select(entry => entry.Member.Id));
            roster.Leave(first);
            Join(Bounded("d"));
            Assert.Equal(["b", "c", "d"], roster.Groups.Get("orders").Members.Select(entry => entry.Member.Id));
        }
        finally
        {
            lifelines.ForEach(lifeline => lifeline.Dispose());
        }
    }

    [Fact]
    public void The_bound_of_the_schema_is_that_of_the_other_backends() =>
        Assert.Contains($"::integer, {GroupSize.Most})", SchemaScript.All.Single(script => script.Text.Contains("most_members() returns", StringComparison.Ordinal)).Text, StringComparison.Ordinal);

    private static MemberProfile Bounded(string id) => MemoryHouse.Profile(id) with { MostMembers = 3 };
}
