using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class ViewLogTests
{
    [Fact]
    public void Nothing_new_is_an_empty_list() => Assert.Empty(ViewLog.After(new ViewNumber(1, 7), [Nothing(newest: 7)])!);

    [Fact]
    public void Rows_of_one_view_are_one_view_in_their_order()
    {
        var later = ViewLog.After(new ViewNumber(1, 7), [Row(8, 1, "superseded"), Row(8, 2, "joined"), Row(9, 3, "died", reason: "silent")])!;

        Assert.Equal([new ViewNumber(1, 8), new ViewNumber(1, 9)], later.Select(view => view.View));
        Assert.Equal([MemberChangeKind.Superseded, MemberChangeKind.Joined], later[0].Changes.Select(change => change.Kind));
        Assert.Equal("silent", Assert.Single(later[1].Changes).Reason);
    }

    [Fact]
    public void A_view_that_is_missing_makes_the_log_useless()
    {
        Assert.Null(ViewLog.After(new ViewNumber(1, 6), [Row(8, 1, "joined"), Row(9, 2, "joined")])); // pruned before
        Assert.Null(ViewLog.After(new ViewNumber(1, 6), [Row(7, 1, "joined"), Row(9, 2, "joined")])); // a gap
        Assert.Null(ViewLog.After(new ViewNumber(1, 7), [Row(8, 1, "joined")])); // the newest is not there
        Assert.Null(ViewLog.After(new ViewNumber(1, 7), [Nothing(newest: 9)])); // nothing is there
    }

    [Fact]
    public void Another_epoch_or_an_older_table_makes_the_log_useless()
    {
        Assert.Null(ViewLog.After(new ViewNumber(2, 7), [Nothing(newest: 7)]));
        Assert.Null(ViewLog.After(new ViewNumber(1, 8), [Nothing(newest: 7)]));
    }

    private static ChangeRow Nothing(long newest) => new() { Epoch = 1, Newest = newest };

    private static ChangeRow Row(long view, int number, string kind, string? reason = null) => new()
    {
        Epoch = 1,
        Newest = 9,
        View = view,
        Number = number,
        Id = $"m{number}",
        Status = "up",
        Kind = kind,
        Reason = reason,
        Metadata = "{}",
    };
}
