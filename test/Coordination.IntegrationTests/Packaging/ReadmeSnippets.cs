using System.Text.RegularExpressions;

namespace Coordination.IntegrationTests.Packaging;

/// <summary>The C# of the README, as it stands there, put where a reader would put it.</summary>
internal sealed partial class ReadmeSnippets
{
    private readonly List<string> _snippets;

    public ReadmeSnippets(string readme) => _snippets = [.. Block().Matches(readme).Select(match => match.Groups[1].Value.Trim())];

    public int Count => _snippets.Count;

    /// <summary>Classes: a file each.</summary>
    public IEnumerable<string> Types => _snippets.Where(IsType);

    /// <summary>Those that name a database of somebody's own: they compile, and are not run.</summary>
    public IEnumerable<string> Configuring => _snippets.Where(static text => !IsType(text) && text.Contains("postgresql://", StringComparison.Ordinal));

    /// <summary>Lines that stand before <c>Build()</c>.</summary>
    public IEnumerable<string> Building => Statements("builder.");

    /// <summary>Lines that stand behind it.</summary>
    public IEnumerable<string> Mapping => Statements("app.");

    private static bool IsType(string text) => Declaration().IsMatch(text);

    private IEnumerable<string> Statements(string subject) => _snippets
        .Except(Types)
        .Except(Configuring)
        .SelectMany(static text => Statement().Split(text))
        .Where(text => text.StartsWith(subject, StringComparison.Ordinal));

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^public (sealed |static )?(partial )?(class|record|interface) ", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\n(?=builder\.|app\.)")]
    private static partial Regex Statement();
}
