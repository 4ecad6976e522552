using System.Text.RegularExpressions;

namespace Coordination.UnitTests.Diagnostics;

/// <summary>The table of troubleshooting in docs/operations.md names messages as the code writes them.</summary>
public sealed partial class TroubleshootingTests
{
    private static readonly string Sources = Seam().Replace(string.Concat(ProjectDocuments.Sources()), string.Empty);

    public static TheoryData<string> Messages => [.. DocumentTable.Of("operations.md", "message contains").Rows.SelectMany(row => DocumentTable.Names(row["message contains"]))];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_of_the_table_is_written_by_the_code(string message) => Assert.Contains(message, Sources, StringComparison.Ordinal);

    /// <summary>Where a text goes on in the next line.</summary>
    [GeneratedRegex(@"""\s*\+\s*\$?""")]
    private static partial Regex Seam();
}
