using System.Globalization;
using Coordination.Reading;
using Spectre.Console.Rendering;

namespace Coordination.UnitTests.Cli;

public sealed class TopFrameTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public static TheoryData<int, int> Sizes() => new() { { 80, 24 }, { 40, 24 }, { 200, 60 }, { 40, 8 }, { 20, 3 }, { 8, 2 }, { 1, 1 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void No_line_is_wider_and_none_is_lower_than_the_terminal(int width, int height)
    {
        var lines = TopFrame.Draw(Report(members: 30, locks: 30), "The server does not answer, and it is a long story that has to be told in several lines, whatever comes.", width, height);

        Assert.InRange(lines.Count, 1, height);
        Assert.All(lines, line => Assert.InRange(Segment.CellCount(line), 0, width));
    }

    [Fact]
    public void Each_table_has_its_share_and_says_how_much_is_left_out()
    {
        var text = Text(members: 30, locks: 30, height: 16);

        Assert.Equal(16, text.Split('\n').Length);
        Assert.All(["MEMBER ", "LOCK ", "AGO "], head => Assert.Contains("\n" + head, text, StringComparison.Ordinal));
        Assert.Equal(2, text.Split("\n… ").Length - 1);
        Assert.EndsWith("last of all", text, StringComparison.Ordinal); // of what has gone by, the newest
    }

    [Fact]
    public void What_has_room_is_shown_whole()
    {
        var text = Text(members: 3, locks: 3, width: 200, height: 60);

        Assert.DoesNotContain("…", text, StringComparison.Ordinal);
        Assert.Equal(3, text.Split("\npod-").Length - 1);
    }

    [Fact]
    public void A_name_that_is_too_long_loses_its_middle_and_its_row_stays()
    {
        Assert.Equal("orde…-42", Cells.Clip("orders-of-a-very-long-name-42", 8));
        Assert.Equal("abc", Cells.Clip("abc", 3));
        Assert.Equal(string.Empty, Cells.Clip("abc", 0));
        Assert.Equal("東…京", Cells.Clip("東東東京京", 5)); // each takes two cells
        Assert.Equal("e\u0301", Cells.Clip("e\u0301", 1));
    }

    [Fact]
    public void Columns_give_way_from_the_widest_and_then_from_the_last()
    {
        IReadOnlyList<IReadOnlyList<string>> rows = [[new('a', 30), "MODE", new('b', 20), "HELD"]];

        Assert.Equal([30, 4, 20, 4], Cells.Widths(rows, 80));
        Assert.Equal([13, 4, 14, 4], Cells.Widths(rows, 41));
        Assert.Equal([12, 4, 12], Cells.Widths(rows, 35));
        Assert.Equal([5], Cells.Widths(rows, 5));
    }

    [Fact]
    public void Words_are_wrapped_and_the_last_line_is_clipped()
    {
        Assert.Equal(["one two", "three"], Cells.Wrap("one two  three", 8, 3));
        Assert.Equal(["one two", "thre…ive"], Cells.Wrap("one two three four five", 8, 2));
        Assert.Empty(Cells.Wrap(string.Empty, 8, 3));
    }

    private static string Text(int members, int locks, int width = 80, int height = 24) =>
        string.Join('\n', TopFrame.Draw(Report(members, locks), note: null, width, height).Select(static line => string.Concat(line.Select(static segment => segment.Text))));

    private static GroupReport Report(int members, int locks) => new()
    {
        Group = "orders",
        ServerVersion = "15.1 (Debian 15.1-1)",
        ServerTime = Now,
        View = new ViewNumber(2, 9),
        Members =
        [
            .. Enumerable.Range(0, members).Select(static i => new MemberReport(
                new Member(Name("pod", i), i, MemberStatus.Up, Now.AddMinutes(-2), null, new Dictionary<string, string>()), Now, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10), IsLeader: false, Locks: 1, Waits: 0, Connections: 2)),
        ],
        Observers = [],
        Locks = [.. Enumerable.Range(0, locks).Select(static i => new HeldLockReport(Name("Ärger-東京-order", i), LockMode.Exclusive, "orders", "pod-1", Now.AddSeconds(-3), new FencingToken(i), null, 0))],
        Waits = [],
        LockCount = locks,
        WaitCount = 0,
        Roles = [],
        Partitions = [],
        LostLocks = [],
        History = [new HistoryEntry(Now, new ViewNumber(2, 9), MemberChangeKind.Left, "pod-0", 3, "last of all", null), new HistoryEntry(Now.AddDays(-1), new ViewNumber(2, 8), MemberChangeKind.Joined, "pod-0", 3, null, null)],
    };

    private static string Name(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}");
}
