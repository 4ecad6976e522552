using Coordination.Backends;
using Coordination.Locks;

namespace Coordination.UnitTests.Locks;

/// <summary>Deadlocks in what several processes show of their waits.</summary>
public sealed class SharedDeadlocksTests
{
    private readonly SharedDeadlocks _deadlocks = new();

    [Fact]
    public void A_cycle_of_two_is_believed_when_it_is_seen_twice_and_the_last_to_wait_gives_way()
    {
        ShownLock[] waits = [Wait("here", wants: 1, holds: 2, since: 9, isOwn: true), Wait("there", wants: 2, holds: 1, since: 5)];

        Assert.Null(_deadlocks.FindVictim(waits));
        var found = _deadlocks.FindVictim(waits)!;

        Assert.Equal("here", found.Victim.MemberId);
        Assert.Equal(
            "Lock 'n1' would never be granted: member 'here' waits for 'n1', which member 'there' holds; member 'there' waits for 'n2', which member 'here' holds. " +
            "This wait was given up so that the others go on. Take several locks with AcquireAllAsync, or always in the same order.",
            found.Describe());
    }

    [Fact]
    public void The_others_leave_it_to_the_process_of_the_victim()
    {
        ShownLock[] waits = [Wait("here", wants: 1, holds: 2, since: 5, isOwn: true), Wait("there", wants: 2, holds: 1, since: 9)];

        Assert.Null(_deadlocks.FindVictim(waits));
        Assert.Null(_deadlocks.FindVictim(waits));
    }

    [Fact]
    public void Whoever_has_waited_for_as_long_as_another_is_chosen_by_all_alike()
    {
        var one = Wait("a", wants: 1, holds: 2, since: 5);
        var two = Wait("b", wants: 2, holds: 1, since: 5);
        var chosen = new List<string>();
        foreach (var own in new[] { one, two })
        {
            var deadlocks = new SharedDeadlocks();
            ShownLock[] waits = [.. new[] { one, two }.Select(wait => wait with { IsOwn = wait == own })];
            deadlocks.FindVictim(waits);
            if (deadlocks.FindVictim(waits) is { } found)
            {
                chosen.Add(found.Victim.MemberId);
            }
        }

        Assert.Equal(["b"], chosen);
    }

    [Fact]
    public void A_cycle_that_has_changed_between_two_looks_is_not_believed()
    {
        var mine = Wait("here", wants: 1, holds: 2, since: 9, isOwn: true);

        Assert.Null(_deadlocks.FindVictim([mine, Wait("there", wants: 2, holds: 1, since: 5)]));
        Assert.Null(_deadlocks.FindVictim([mine, Wait("there", wants: 2, holds: 1, since: 6) with { Note = Note(7, 2, 1) }]));
        Assert.Null(_deadlocks.FindVictim([mine]));
        Assert.Null(_deadlocks.FindVictim([mine, Wait("there", wants: 2, holds: 1, since: 5)]));
    }

    [Fact]
    public void A_cycle_over_three_is_found_among_waits_that_lead_nowhere()
    {
        ShownLock[] waits =
        [
            Wait("a", wants: 1, holds: 3, since: 9, isOwn: true), Wait("b", wants: 2, holds: 1, since: 1), Wait("c", wants: 3, holds: 2, since: 2),
            Wait("d", wants: 1, holds: 9, since: 3), Wait("e", wants: 9, holds: 1, since: 4),
        ];

        _deadlocks.FindVictim(waits);

        Assert.Equal(["a", "b", "c"], _deadlocks.FindVictim(waits)!.Cycle.Select(wait => wait.MemberId));
    }

    [Fact]
    public void A_cycle_of_others_is_their_own_affair()
    {
        ShownLock[] waits = [Wait("a", wants: 1, holds: 2, since: 9), Wait("b", wants: 2, holds: 1, since: 1), Wait("c", wants: 1, holds: 3, since: 2, isOwn: true)];

        Assert.Null(_deadlocks.FindVictim(waits));
        Assert.Null(_deadlocks.FindVictim(waits));
    }

    private static ShownLock Wait(string member, long wants, long holds, int since, bool isOwn = false) =>
        new($"session of {member}", isOwn, "orders", member, DateTimeOffset.UnixEpoch.AddSeconds(since), Note(1, wants, holds));

    private static LockNote Note(long id, long wants, long holds) => new()
    {
        Id = id,
        Key = LockKey.Single(wants),
        Name = $"n{wants}",
        Mode = LockMode.Exclusive,
        IsWaiting = true,
        Age = TimeSpan.FromSeconds(2),
        Holds = [LockKey.Single(holds)],
    };
}
