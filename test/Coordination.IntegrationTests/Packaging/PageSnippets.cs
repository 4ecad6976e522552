using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Coordination.IntegrationTests.Packaging;

/// <summary>The C# of a page, as it stands there, made into a file that compiles: statements in a method, types and actions where they may be.</summary>
/// <remarks>What is left out in the page (<c>…</c>) is left out here; what the statements take for given is in <see cref="Given"/>.</remarks>
internal static partial class PageSnippets
{
    /// <summary>What a reader has: a program, its services, and code of his own.</summary>
    public const string Given = """
        using Npgsql;
        public sealed record Vnf(string Id);
        public sealed record Transfer(string From, string To);
        public sealed class Vnfs : IVnfs { public Task HealAsync(Vnf vnf, CancellationToken cancellationToken) => Task.CompletedTask; }
        public sealed class Backlog { public bool IsFull { get; set; } }
        public abstract class Given : ControllerBase // not static: a program's own variables hide what a using brings in
        {
            protected static string[] args => [];
            protected static WebApplicationBuilder builder => null!;
            protected static WebApplication app => null!;
            protected static IServiceCollection services => null!;
            protected static IHttpClientFactory clients => null!;
            protected static ILockProvider locks => null!;
            protected static ILeaderElection election => null!;
            protected static IGroupMembership group => null!;
            protected static NpgsqlConnection connection => null!;
            protected static Member refused => null!;
            protected static string node => "7";
            protected static string id => "7";
            protected static CancellationToken stop => default;
            protected static Task WriteAsync(FencingToken token, CancellationToken cancellationToken) => Task.CompletedTask;
            protected static Task BillAsync(FencingToken token, CancellationToken cancellationToken) => Task.CompletedTask;
            protected static Task Pay(string id) => Task.CompletedTask;
            protected static Task Ship(string id) => Task.CompletedTask;
            protected static Task Move(Transfer move) => Task.CompletedTask;
        }
        """;

    /// <summary>The file.</summary>
    /// <param name="page">The text of the page.</param>
    /// <param name="name">What the class is called that holds the statements.</param>
    /// <param name="count">How many examples the page has.</param>
    public static string ToFile(string page, string name, out int count)
    {
        var (types, members) = (new StringBuilder(), new StringBuilder());
        count = 0;
        foreach (Match block in Block().Matches(page))
        {
            var statements = new StringBuilder();
            foreach (var part in Parts(Complete(block.Groups[1].Value)))
            {
                (IsType().IsMatch(part) ? types : part.StartsWith("[Http", StringComparison.Ordinal) ? members : statements).AppendLine(part);
            }

            count++;
            members.AppendLine(CultureInfo.InvariantCulture, $"static async Task Example{count}()\n{{\n{statements}\nawait Task.CompletedTask;\n}}");
        }

        return $"{types}\npublic sealed class {name} : Given\n{{\n{members}\n}}\n";
    }

    /// <summary>What is left out, put in: something that compiles wherever a block may stand.</summary>
    private static string Complete(string code) => LeftOutAround()
        .Replace(code, "{ _ = $1; }")
        .Replace("{ … }", "{ throw new NotImplementedException(); }", StringComparison.Ordinal)
        .Replace("using Coordination;\n", string.Empty, StringComparison.Ordinal);

    private static IEnumerable<string> Parts(string code)
    {
        var part = new StringBuilder();
        foreach (var line in code.Split('\n'))
        {
            var begins = line.Length > 0 && (IsType().IsMatch(line) || line.StartsWith("[Http", StringComparison.Ordinal) || (line[0] is not ' ' and not '}' and not '{' and not ')' && part.ToString().EndsWith("\n\n", StringComparison.Ordinal)));
            if (begins && part.Length > 0)
            {
                yield return part.ToString();
                part.Clear();
            }

            part.Append(line).Append('\n');
        }

        yield return part.ToString();
    }

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^public (sealed |static )?(class|record|interface) ")]
    private static partial Regex IsType();

    [GeneratedRegex(@"\{ … ([\w.]+) … \}")]
    private static partial Regex LeftOutAround();
}
