using System.Text.RegularExpressions;

namespace Coordination.UnitTests.Diagnostics;

/// <summary>A table of a Markdown page: its rows, each by the names of its columns.</summary>
internal sealed partial record DocumentTable(IReadOnlyList<IReadOnlyDictionary<string, string>> Rows)
{
    /// <summary>The only table of a page whose first column has this name.</summary>
    public static DocumentTable Of(string page, string firstColumn)
    {
        var lines = ProjectDocuments.Read(page).Split('\n');
        var start = Assert.Single(Enumerable.Range(0, lines.Length), i => lines[i].StartsWith($"| {firstColumn} |", StringComparison.Ordinal));
        var columns = Cells(lines[start]);
        var rows = lines.Skip(start + 2).TakeWhile(line => line.StartsWith('|')).Select(Cells).ToList();
        Assert.All(rows, row => Assert.Equal(columns.Length, row.Length));
        return new DocumentTable([.. rows.Select(row => columns.Zip(row).ToDictionary(pair => pair.First, pair => pair.Second))]);
    }

    /// <summary>What stands between backticks in a cell, in alphabetical order.</summary>
    public static IEnumerable<string> Names(string cell) => Backticks().Matches(cell).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal);

    private static string[] Cells(string line) => [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Backticks();
}
