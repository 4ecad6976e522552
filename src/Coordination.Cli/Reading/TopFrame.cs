using System.Globalization;
using Coordination.Shell;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Coordination.Reading;

/// <summary>A group as it fits on a terminal: every line as wide as that at most, and no more lines than it has. Pure.</summary>
internal static class TopFrame
{
    private const int MostEvents = 10;
    private const int MostNoteLines = 3;

    private static readonly Style Grey = new(Color.Grey);

    private static readonly IListing[] Sections = [Listings.Members, Listings.Locks, Listings.Waiters, Listings.Leaders, Listings.Lost, Listings.History];

    /// <param name="report">What was read last.</param>
    /// <param name="note">Why that is not of this instant; null when it is.</param>
    /// <param name="width">Of the terminal, in cells.</param>
    /// <param name="height">Of the terminal, in lines.</param>
    public static IReadOnlyList<IReadOnlyList<Segment>> Draw(GroupReport report, string? note, int width, int height)
    {
        List<IReadOnlyList<Segment>> lines = [.. Cells.Wrap(Headline(report), width, MostNoteLines).Select(static line => Line(line, new Style(decoration: Decoration.Bold)))];
        lines.AddRange(Cells.Wrap(note ?? string.Empty, width, MostNoteLines).Select(static line => Line(line, new Style(Color.Red))));

        var tables = Sections.Select(listing => Newest(listing, listing.Table(report, isWide: false))).Where(static table => table.Rows.Count > 1).ToList();
        foreach (var (table, rows) in tables.Zip(Shares([.. tables.Select(static table => table.Rows.Count - 1)], height - lines.Count)))
        {
            if (rows > 0)
            {
                lines.AddRange(Section(table.Rows, rows, table.IsTail, width));
            }
        }

        return [.. lines.Take(height)];
    }

    private static string Headline(GroupReport report) => string.Create(CultureInfo.InvariantCulture,
        $"{PlainText.Of(report.Group)}  view {report.View}  {report.Members.Count} members  {report.Observers.Count} observers  {report.LockCount} locks  {report.WaitCount} waits  PostgreSQL {PlainText.Of(report.ServerVersion.Split(' ')[0])}  {report.ServerTime:HH:mm:ss}");

    /// <summary>What has gone by is told from its end; of the rest, the beginning is what matters.</summary>
    private static (IReadOnlyList<IReadOnlyList<string>> Rows, bool IsTail) Newest(IListing listing, IReadOnlyList<IReadOnlyList<string>> rows) =>
        listing == Listings.History || listing == Listings.Lost ? ([rows[0], .. rows.Skip(int.Max(1, rows.Count - MostEvents))], true) : (rows, false);

    /// <summary>How many rows each table may show: a line goes to its head, and the rest in turn to those that want more.</summary>
    private static int[] Shares(int[] wanted, int lines)
    {
        var shares = new int[wanted.Length];
        var isGiven = true;
        while (isGiven)
        {
            isGiven = false;
            for (var i = 0; i < wanted.Length; i++)
            {
                var cost = shares[i] == 0 ? 2 : 1;
                if (shares[i] < wanted[i] && lines >= cost)
                {
                    lines -= cost;
                    shares[i]++;
                    isGiven = true;
                }
            }
        }

        return shares;
    }

    private static IEnumerable<IReadOnlyList<Segment>> Section(IReadOnlyList<IReadOnlyList<string>> rows, int shown, bool isTail, int width)
    {
        var left = rows.Count - 1 - shown;
        var visible = isTail ? rows.Skip(1 + left) : rows.Skip(1).Take(left == 0 ? shown : shown - 1);
        var table = visible.ToList();
        var widths = Cells.Widths([rows[0], .. table], width);
        yield return Row(rows[0], widths, static _ => Grey);
        foreach (var row in table)
        {
            yield return Row(row, widths, StyleOf);
        }

        if (left > 0 && !isTail)
        {
            yield return Line(Cells.Clip(string.Create(CultureInfo.InvariantCulture, $"… {left + 1} more"), width), Grey);
        }
    }

    private static IReadOnlyList<Segment> Row(IReadOnlyList<string> cells, IReadOnlyList<int> widths, Func<string, Style> style)
    {
        List<Segment> line = [];
        for (var i = 0; i < widths.Count; i++)
        {
            var text = Cells.Clip(cells[i], widths[i]);
            line.Add(new Segment(text, style(cells[i])));
            if (i < widths.Count - 1)
            {
                line.Add(new Segment(new string(' ', widths[i] - Cells.Width(text) + Cells.Gap)));
            }
        }

        return line;
    }

    private static IReadOnlyList<Segment> Line(string text, Style style) => [new Segment(text, style)];

    private static Style StyleOf(string cell) => cell switch
    {
        nameof(MemberStatus.Suspect) or nameof(MemberChangeKind.Died) or nameof(MemberChangeKind.Suspected) => new Style(Color.Red),
        _ when cell.EndsWith(Heartbeat.Late, StringComparison.Ordinal) => new Style(Color.Red),
        nameof(MemberStatus.Leaving) or nameof(MemberStatus.Joining) => new Style(Color.Yellow),
        nameof(MemberStatus.Up) => new Style(Color.Green),
        _ => Style.Plain,
    };
}
