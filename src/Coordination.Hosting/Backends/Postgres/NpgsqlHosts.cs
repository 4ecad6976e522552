using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Writes hosts in Npgsql's way, and reads them back.</summary>
internal static class NpgsqlHosts
{
    public static void Apply(NpgsqlConnectionStringBuilder builder, IReadOnlyList<LibpqHost> hosts, bool needsWrites = false)
    {
        if (hosts.Count == 1)
        {
            builder.Host = hosts[0].Name;
            builder.Port = hosts[0].Port ?? LibpqHost.DefaultPort;

            // Npgsql refuses any other wish with one host; the session asks the server itself whether it is the primary.
            builder.TargetSessionAttributes = null;
            return;
        }

        builder.Host = string.Join(',', hosts.Select(host => host.ForList));
        builder.TargetSessionAttributes = needsWrites ? "read-write" : "primary";
    }

    /// <summary>For people: where, never who with which password.</summary>
    public static string Describe(IReadOnlyList<LibpqHost> hosts, string? database) =>
        $"postgresql://{string.Join(',', hosts.Select(host => host.Shown))}" +
        (string.IsNullOrEmpty(database) ? string.Empty : $"/{Uri.EscapeDataString(database)}");

    /// <summary>Reads Npgsql's own list; null when a part of it is no host.</summary>
    public static List<LibpqHost>? Read(string list, int port)
    {
        var hosts = new List<LibpqHost>();
        foreach (var part in list.Split(','))
        {
            if (ReadOne(part.Trim(), port) is not { } host)
            {
                return null;
            }

            hosts.Add(host);
        }

        return hosts;
    }

    private static LibpqHost? ReadOne(string part, int port)
    {
        var close = part.StartsWith('[') ? part.IndexOf(']', StringComparison.Ordinal) : -1;
        var colon = close < 0 ? part.IndexOf(':', StringComparison.Ordinal) : part.IndexOf(':', close);
        if (close < 0 && (part.Count(c => c == ':') > 1 || Path.IsPathFullyQualified(part) && Path.DirectorySeparatorChar == '\\'))
        {
            colon = -1; // an address without brackets, or C:\
        }

        var name = close > 0 ? part[1..close] : colon < 0 ? part : part[..colon];
        int? own = null;
        return LibpqHost.IsWellFormed(name)
            && (close < 0 || close + 1 == part.Length || colon == close + 1)
            && (colon < 0 || LibpqHost.TryReadPort(part[(colon + 1)..], out own))
            ? new LibpqHost(name, own ?? port)
            : null;
    }
}
