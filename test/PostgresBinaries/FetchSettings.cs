namespace Coordination.PostgresBinaries;

/// <summary>From where binaries are fetched and to where.</summary>
/// <param name="Registry">The npm registry. May hold a user and a password, which are never shown.</param>
/// <param name="Cache">The folder that keeps what was fetched.</param>
/// <param name="IsRefused">Whether the user forbids it: then only what is in the cache is used.</param>
internal sealed record FetchSettings(Uri Registry, string Cache, bool IsRefused)
{
    /// <summary>The variable that forbids fetching.</summary>
    public const string Refusal = "COORDINATION_NO_FETCH";

    private const string PublicRegistry = "https://registry.npmjs.org/";
    private const string Folder = "coordination-hosting";

    // The settings of npm itself, in the ways in which people write them.
    private static readonly string[] RegistryVariables = ["npm_config_registry", "NPM_CONFIG_REGISTRY"];

    /// <summary>The registry without what nobody but it may read.</summary>
    public string ShownRegistry => Registry.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <summary>As the environment says.</summary>
    /// <exception cref="FetchException">The registry's address cannot be read.</exception>
    public static FetchSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    /// <summary>As <paramref name="variable"/> says.</summary>
    /// <exception cref="FetchException">The registry's address cannot be read.</exception>
    public static FetchSettings From(Func<string, string?> variable)
    {
        var registry = RegistryVariables.Select(variable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value)) ?? PublicRegistry;
        if (!Uri.TryCreate(registry.TrimEnd('/') + "/", UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
        {
            throw new FetchException($"The npm registry that {RegistryVariables[0]} names is no http or https address. Correct it, or take it away: then {PublicRegistry} is asked.");
        }

        return new FetchSettings(address, CacheOf(variable), variable(Refusal) is { Length: > 0 } and not "0" and not "false");
    }

    private static string CacheOf(Func<string, string?> variable)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var cache = Path.Combine(
            OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : variable("XDG_CACHE_HOME") is { } xdg && Path.IsPathRooted(xdg) ? xdg
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
            : Path.Combine(home, ".cache"),
            Folder);

        // PostgreSQL refuses to run as root, and whom it runs as instead may usually not enter the home of root. Nor does root run what is in a
        // home that is somebody else's (sudo -E): only a cache that was named on purpose is taken instead.
        return !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess && !(variable("XDG_CACHE_HOME") is not null && IsOpenToAll(cache)) ? "/var/cache/" + Folder : cache;
    }

    private static bool IsOpenToAll(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (at.Exists && (at.UnixFileMode & UnixFileMode.OtherExecute) == 0)
            {
                return false;
            }
        }

        return true;
    }
}
