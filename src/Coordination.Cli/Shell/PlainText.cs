using System.Globalization;
using System.Text;

namespace Coordination.Shell;

/// <summary>Text as a terminal may be shown it: names of locks are anybody's, and may hold what moves a cursor. Pure.</summary>
internal static class PlainText
{
    public static string Of(string text)
    {
        if (!text.Any(Moves))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = Moves(c) ? shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : shown.Append(c);
        }

        return shown.ToString();
    }

    /// <summary>How long ago: the two greatest units.</summary>
    public static string Age(TimeSpan time)
    {
        var past = time < TimeSpan.Zero ? TimeSpan.Zero : time;
        return past switch
        {
            { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)past.TotalDays}d{past.Hours}h"),
            { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{past.Hours}h{past.Minutes}m"),
            { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{past.Minutes}m{past.Seconds}s"),
            { TotalSeconds: >= 10 } => string.Create(CultureInfo.InvariantCulture, $"{past.Seconds}s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{past.TotalSeconds:0.0}s"),
        };
    }

    /// <summary>Rows in columns, two spaces between; nothing is wrapped or cut, so that other programs can read it.</summary>
    public static IEnumerable<string> Columns(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Count).Select(column => rows.Max(row => Width(row[column]))).ToArray();
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => cell + new string(' ', widths[column] - Width(cell)))).TrimEnd());
    }

    private static int Width(string text) => new StringInfo(text).LengthInTextElements;

    // Control characters, separators of lines, and marks that turn the direction of writing; half of a surrogate pair is no text at all.
    private static bool Moves(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
