namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>The checker finds what it is there for, and nothing in a history that is as it should be.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly SeenMember A = new("a", 1, "Up");
    private static readonly SeenMember B = new("b", 2, "Up");
    private static readonly SeenMember C = new("c", 3, "Up");

    private static readonly ProcessLife[] Three = [new("a/1", "a", 0, double.PositiveInfinity), new("b/1", "b", 0, double.PositiveInfinity), new("c/1", "c", 1, 50)];

    /// <summary>c joins, is killed at 50, and both others see it half a second later.</summary>
    private static readonly History Good = new(Lease: 3, Grace: 1)
    {
        Lives = Three,
        Strikes = [new(StrikeKind.Killed, "c", 50, 50.1)],
        Views =
        [
            View("a/1", 0, 2, [A, B]), View("a/1", 1, 3, [A, B, C], Joined(C)), View("a/1", 50.4, 4, [A, B], Died(C)),
            View("b/1", 0, 2, [A, B]), View("b/1", 1, 3, [A, B, C], Joined(C)), View("b/1", 50.5, 4, [A, B], Died(C)),
        ],
        Tenures = [new(Tenure.Leader, "a/1", 1, 0, 20), new(Tenure.Leader, "b/1", 2, 20, 60), new(Tenure.Role, "a/1", 7, 0, 10), new(Tenure.Role, "b/1", 8, 11, 60), new(Tenure.Lock, "a/1", 100, 1, 2)],
    };

    [Fact]
    public void A_history_as_it_should_be_is_without_violations()
    {
        Assert.Empty(HistoryChecker.Check(Good));
        Assert.Equal(0.5, Assert.Single(HistoryChecker.Detections(Good)), 3);
    }

    [Fact]
    public void A_missing_view_is_a_gap() => AssertFinds("gap", Good with { Views = [.. Good.Views, View("a/1", 60, 6, [A], Died(B))] });

    [Theory]
    [InlineData(4)]
    [InlineData(3)]
    public void A_number_that_does_not_rise_is_found(long number) =>
        AssertFinds("order", Good with { Views = [.. Good.Views, Good.Views.Last(view => view.Number == number && view.Process == "a/1") with { At = 60 }] });

    [Fact]
    public void A_new_epoch_of_a_database_that_lost_nothing_is_found() =>
        AssertFinds("epoch", Good with { Views = [.. Good.Views, View("a/1", 60, 5, [A, B]) with { Epoch = 2 }] });

    [Fact]
    public void A_reset_is_found_where_nothing_had_happened_and_excused_after_a_fault()
    {
        var reset = Good with { Views = [.. Good.Views, View("a/1", 60, 9, [A, B]) with { IsReset = true }] };
        AssertFinds("reset", reset);
        Assert.Empty(HistoryChecker.Check(reset with { Strikes = [.. Good.Strikes, new(StrikeKind.Frozen, "a", 56, 59)] }));
    }

    [Fact]
    public void Members_that_do_not_follow_from_the_changes_are_found()
    {
        AssertFinds("fold", Good with { Views = [.. Good.Views, View("a/1", 60, 5, [A], Joined(C))] });
        AssertFinds("fold", Good with { Views = [.. Good.Views, View("a/1", 60, 5, [A, B])] });
        AssertFinds("fold", Good with { Views = [.. Good.Views, View("a/1", 60, 5, [A, B], Joined(B))] });
        AssertFinds("fold", Good with { Views = [.. Good.Views, View("a/1", 60, 5, [A, B], new SeenChange("Left", C, null))] });
    }

    [Fact]
    public void Other_members_or_changes_under_one_number_are_found()
    {
        AssertFinds("content", Good with { Views = [.. Good.Views.SkipLast(1), Good.Views[^1] with { Content = "another url" }] });
        AssertFinds("content", Good with { Views = [.. Good.Views.SkipLast(1), Good.Views[^1] with { Changes = [Died(C) with { Reason = "for another reason" }] }] });
    }

    [Theory]
    [InlineData(null, 0, false)]
    [InlineData(nameof(StrikeKind.Killed), 0.1, true)]
    [InlineData(nameof(StrikeKind.Frozen), 3, true)]
    [InlineData(nameof(StrikeKind.Frozen), 1.5, false)]
    [InlineData(nameof(StrikeKind.Terminated), 0.1, false)]
    [InlineData(nameof(StrikeKind.Stopped), 0.1, false)]
    public void A_death_needs_a_fault_that_ends_a_membership(string? kind, double seconds, bool isExcused)
    {
        var history = Good with
        {
            Strikes = kind is not null ? [new(Enum.Parse<StrikeKind>(kind), "c", 50, 50 + seconds)] : [],
            Lives = [.. Three.SkipLast(1), Three[2] with { To = double.PositiveInfinity }],
        };
        Assert.Equal(isExcused, HistoryChecker.Check(history).All(violation => violation.Rule != "evicted"));
    }

    [Fact]
    public void The_fault_of_another_excuses_no_death() => AssertFinds("evicted", Good with { Strikes = [new(StrikeKind.Killed, "b", 50, 50.1)] });

    [Fact]
    public void A_short_absence_of_the_database_excuses_no_death_and_a_long_one_does()
    {
        AssertFinds("evicted", Good with { Strikes = [new(StrikeKind.DatabaseAway, null, 48, 49)] });
        Assert.Empty(HistoryChecker.Check(Good with { Strikes = [new(StrikeKind.DatabaseAway, null, 47, 50)] }));
    }

    [Fact]
    public void Two_small_faults_at_one_time_excuse_a_death_and_one_after_the_other_does_not()
    {
        Strike first = new(StrikeKind.Terminated, "c", 49, 49.1);
        Assert.Empty(HistoryChecker.Check(Good with { Strikes = [first, new(StrikeKind.Frozen, "c", 49.2, 50.5)] }));
        AssertFinds("evicted", Good with { Strikes = [first, new(StrikeKind.Terminated, "c", 53, 53.1)], Views = [.. Good.Views.Select(view => view.Number == 4 ? view with { At = 54 } : view)] });
    }

    [Fact]
    public void A_kill_that_a_witness_does_not_see_is_found()
    {
        AssertFinds("undetected", Good with { Views = [.. Good.Views.SkipLast(1)] });
        AssertFinds("undetected", Good with { Views = [.. Good.Views.SkipLast(1), Good.Views[^1] with { At = 58 }] });
    }

    [Fact]
    public void A_witness_that_was_itself_struck_or_came_later_need_not_have_seen_a_kill()
    {
        var unseen = Good with { Views = [.. Good.Views.SkipLast(1)] };
        Assert.Empty(HistoryChecker.Check(unseen with { Strikes = [.. Good.Strikes, new(StrikeKind.Frozen, "b", 51, 52)] }));
        Assert.Empty(HistoryChecker.Check(unseen with { Lives = [Three[0], Three[1] with { To = 52 }, Three[2]] }));
    }

    [Theory]
    [InlineData(Tenure.Leader)]
    [InlineData(Tenure.Role)]
    public void Two_at_one_instant_are_found(string office) =>
        AssertFinds("two", Good with { Tenures = [.. Good.Tenures, new(office, "c/1", 99, 15, 22)] });

    [Fact]
    public void Two_holders_of_a_lock_are_left_to_the_tokens() =>
        Assert.Empty(HistoryChecker.Check(Good with { Tenures = [.. Good.Tenures, new(Tenure.Lock, "b/1", 101, 1.5, 3)] }));

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void A_number_that_is_not_greater_than_one_before_is_found(long token) =>
        AssertFinds("token", Good with { Tenures = [.. Good.Tenures, new(Tenure.Role, "a/1", token, 61, 62)] });

    [Fact]
    public void What_happened_around_a_moment_is_told_in_order()
    {
        var lines = Good.Around(49, 51).Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.EndsWith("50.400 a/1: view 1.4 {a#1 Up, b#2 Up} Died c#3 Up", lines[^2], StringComparison.Ordinal);
    }

    private static void AssertFinds(string rule, History history) => Assert.Contains(HistoryChecker.Check(history), violation => violation.Rule == rule);

    private static SeenView View(string process, double at, long number, SeenMember[] members, params SeenChange[] changes) =>
        new(process, at, 1, number, IsReset: false, members, changes, string.Join("; ", members.AsEnumerable()));

    private static SeenChange Joined(SeenMember member) => new("Joined", member, null);

    private static SeenChange Died(SeenMember member) => new("Died", member, null);
}
