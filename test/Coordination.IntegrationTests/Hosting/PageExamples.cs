using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>The examples of a page in docs/ stand, word for word, in code of this folder that is compiled and run.</summary>
internal static partial class PageExamples
{
    /// <summary>Checks that every example of a page is in this folder.</summary>
    /// <param name="page">Its name under docs/.</param>
    /// <param name="least">How many examples it has at the least.</param>
    public static async Task AssertCompiledAsync(string page, int least)
    {
        var here = Path.GetDirectoryName(File())!;
        var code = Plain(string.Concat(await Task.WhenAll(Directory.GetFiles(here, "*.cs").Select(file => System.IO.File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)))));
        var text = (await System.IO.File.ReadAllTextAsync(Path.Combine(here, "../../../docs", page), TestContext.Current.CancellationToken)).ReplaceLineEndings("\n");
        var examples = Example().Matches(text).Select(match => match.Groups["code"].Value).ToArray();

        Assert.True(examples.Length >= least, $"{page} has lost its examples.");
        Assert.All(examples, example => Assert.Contains(Plain(example), code, StringComparison.Ordinal));
    }

    // The program of these tests has a name, and no solution around it; what stays is the text without its layout and remarks.
    private static string Plain(string code) => Layout().Replace(
        code.Replace("FactoryProgram", "Program", StringComparison.Ordinal)
            .Replace(".UseContentRoot(AppContext.BaseDirectory)", string.Empty, StringComparison.Ordinal)
            .Replace("(Timeout = 60_000)", string.Empty, StringComparison.Ordinal),
        string.Empty);

    private static string File([CallerFilePath] string file = "") => file;

    [GeneratedRegex(@"```csharp\n(?<code>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"(?<= )//[^\n]*|\s+")]
    private static partial Regex Layout();
}
