using System.Globalization;
using Npgsql;

namespace Conductors.Roles;

/// <summary>
/// Where the nodes are kept: <c>ConnectionStrings:nodes</c>, or beside the group when that is not set. Npgsql reads key=value
/// strings only, so a URL is translated.
/// </summary>
internal static class NodeDatabase
{
    private const string FileScheme = "file://";

    private static readonly char[] EndOfAuthority = ['/', '?'];

    public static string FromConfiguration(IConfiguration configuration) =>
        configuration.GetConnectionString("nodes")
        ?? Translate(FindUrl(configuration)
            ?? throw new InvalidOperationException(
                "A conductor keeps its nodes in PostgreSQL and no database is configured. Looked at ConnectionStrings:nodes, Coordination:BackendUrl, " +
                "ConnectionStrings:coordination and the environment variable COORDINATION_URI. Set one of them, for example " +
                "COORDINATION_URI=postgresql://user:password@localhost/database."));

    /// <summary>The folder of the nodes where the group lives in one too; null where they have a database.</summary>
    public static string? FindFolder(IConfiguration configuration) =>
        configuration.GetConnectionString("nodes") is null && FindUrl(configuration) is { } url ? FolderOf(url) : null;

    /// <summary>The folder beside the group's own, for <c>file:///folder</c>; null for any other URL.</summary>
    public static string? FolderOf(string url) => url.StartsWith(FileScheme, StringComparison.Ordinal) ? new Uri(url).LocalPath.TrimEnd('/') + ".nodes" : null;

    /// <summary>The configured URL of the group, from the places where the library looks, in its order; or null.</summary>
    public static string? FindUrl(IConfiguration configuration) =>
        configuration["Coordination:BackendUrl"] ?? configuration.GetConnectionString("coordination") ?? configuration["COORDINATION_URI"];

    /// <summary>Makes a key=value string out of <c>postgresql://user:password@host:port,host2/database?sslmode=…</c>.</summary>
    /// <exception cref="FormatException">The text is neither; the message does not contain it, because a password may stand in it.</exception>
    public static string Translate(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal);
        if (start < 0)
        {
            return KeyValue(url);
        }

        if (url[..start] is not ("postgresql" or "postgres"))
        {
            throw new FormatException($"The nodes need a PostgreSQL database, and the URL begins with '{url[..start]}://'. Set ConnectionStrings:nodes, or use postgresql://.");
        }

        var rest = url[(start + 3)..];
        var authorityEnd = rest.IndexOfAny(EndOfAuthority) is var found and >= 0 ? found : rest.Length;
        var result = new NpgsqlConnectionStringBuilder();
        ReadAuthority(rest[..authorityEnd], result);

        var path = rest[authorityEnd..].Split('?', 2);
        result.Database = path[0].Length > 1 ? Uri.UnescapeDataString(path[0][1..]) : result.Username;
        foreach (var parameter in path.Length > 1 ? path[1].Split('&', StringSplitOptions.RemoveEmptyEntries) : [])
        {
            ReadParameter(parameter, result);
        }

        return result.ConnectionString;
    }

    private static string KeyValue(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text).ConnectionString;
        }
        catch (ArgumentException e) when (e.Message.StartsWith("Couldn't set", StringComparison.Ordinal) || e is { ParamName: not null })
        {
            throw new FormatException($"The connection string has a setting that Npgsql does not know or accept ({e.ParamName}). Correct it, or give postgresql://user:password@host/database.");
        }
        catch (ArgumentException)
        {
            throw new FormatException("The text is neither a URL nor key=value. Give postgresql://user:password@host/database.");
        }
    }

    private static void ReadAuthority(string authority, NpgsqlConnectionStringBuilder result)
    {
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var user = authority[..at].Split(':', 2);
            result.Username = Uri.UnescapeDataString(user[0]);
            result.Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null;
        }

        var hosts = authority[(at + 1)..];
        var colon = hosts.LastIndexOf(':');
        if (hosts.Contains(',', StringComparison.Ordinal) || colon <= hosts.LastIndexOf(']'))
        {
            result.Host = hosts.Length > 0 ? Uri.UnescapeDataString(hosts) : "localhost"; // several hosts, or no port
            return;
        }

        result.Host = colon > 0 ? Uri.UnescapeDataString(hosts[..colon]) : "localhost";
        result.Port = ushort.TryParse(hosts[(colon + 1)..], CultureInfo.InvariantCulture, out var port) && port > 0
            ? port
            : throw new FormatException($"The port '{hosts[(colon + 1)..]}' in the URL is not a number from 1 to 65535. A ':' or '@' in a password is written %3A or %40.");
    }

    private static void ReadParameter(string parameter, NpgsqlConnectionStringBuilder result)
    {
        var (name, value) = parameter.Split('=', 2) is [var key, var text] ? (key, Uri.UnescapeDataString(text)) : (parameter, string.Empty);
        result[name switch
        {
            "sslmode" => "SSL Mode",
            "sslrootcert" => "Root Certificate",
            "sslcert" => "SSL Certificate",
            "sslkey" => "SSL Key",
            "connect_timeout" => "Timeout",
            "application_name" => "Application Name",
            "options" => "Options",
            "target_session_attrs" => "Target Session Attributes",
            _ => throw new FormatException($"The parameter '{name}' in the URL is not known here. Remove it, or give the nodes their own ConnectionStrings:nodes."),
        }] = name is "sslmode" ? value.Replace("-", string.Empty, StringComparison.Ordinal) : value;
    }
}
