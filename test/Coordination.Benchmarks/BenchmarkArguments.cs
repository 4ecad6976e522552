namespace Coordination.Benchmarks;

/// <summary>The command line.</summary>
/// <param name="Pace">How long to measure.</param>
/// <param name="Check">Whether a missed target is an exit code.</param>
/// <param name="Url">The server; null: a throw-away one.</param>
/// <param name="Only">Runs the scenarios whose name contains this; null: all.</param>
internal sealed record BenchmarkArguments(Pace Pace, bool Check, string? Url, string? Only)
{
    public const string UrlVariable = "COORDINATION_TEST_POSTGRES";

    public const string Usage =
        $"""
        Measures the locks of Coordination.Hosting beside other ways to lock with PostgreSQL, in one run.

          dotnet run -c Release --project test/Coordination.Benchmarks -- [quick|full] [--check] [--only WORD] [--url URL]

        What happens inside a process alone: … -- micro. Many members of one group: … -- members 10 50.

          quick        (default) everything in about a minute
          full         longer turns and more rounds; about eleven minutes
          --check      exit code 1 when a figure misses its target
          --only WORD  only the scenarios whose name contains WORD
          --url URL    the PostgreSQL to use; else {UrlVariable}; else a throw-away one from local binaries
        """;

    /// <exception cref="ArgumentException">Something on the command line is not understood.</exception>
    public static BenchmarkArguments Parse(ReadOnlySpan<string> words)
    {
        var result = new BenchmarkArguments(Pace.Quick, Check: false, Environment.GetEnvironmentVariable(UrlVariable), Only: null);
        for (var i = 0; i < words.Length; i++)
        {
            result = words[i] switch
            {
                "quick" => result with { Pace = Pace.Quick },
                "full" => result with { Pace = Pace.Full },
                "--check" => result with { Check = true },
                "--only" when i + 1 < words.Length => result with { Only = words[++i] },
                "--url" when i + 1 < words.Length => result with { Url = words[++i] },
                _ => throw new ArgumentException($"'{words[i]}' is not understood, or its value is missing.{Environment.NewLine}{Environment.NewLine}{Usage}"),
            };
        }

        return result with { Url = string.IsNullOrWhiteSpace(result.Url) ? null : result.Url };
    }
}
