using Coordination.Backends;
using Coordination.Backends.Files;
using Coordination.Backends.Memory;
using Coordination.Backends.Postgres;
using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Hosting;

/// <summary>Which backend a BackendUrl means.</summary>
internal static class BackendFactory
{
    private const string MemoryScheme = "memory://";
    private const int LongestScheme = 20;

    private const string Supported =
        "Supported are postgresql://user:password@host/database, an Npgsql key=value string, file:///folder (the processes of one machine), and memory://name (one process only).";

    /// <summary>Adds what is wrong with a BackendUrl. No password gets into a fault.</summary>
    public static void Check(string url, ICollection<string> faults)
    {
        switch (SchemeOf(url))
        {
            case null or "postgresql" or "postgres":
                PostgresUrl.Read(url, faults);
                break;
            case "memory":
                CheckMemory(url[MemoryScheme.Length..], faults);
                break;
            case "file":
                FileUrl.Read(url, faults);
                break;
            case var scheme:
                faults.Add($"BackendUrl has the unknown scheme {scheme}://. {Supported}");
                break;
        }
    }

    /// <summary>Makes the backend; connects to nothing.</summary>
    /// <exception cref="CoordinationConfigurationException">The url is not valid.</exception>
    public static IBackend Create(CoordinationSettings settings, TimeProvider time, ILogger logger, Telemetry? telemetry = null)
    {
        List<string> faults = [];
        Check(settings.BackendUrl, faults);
        if (faults.Count > 0)
        {
            throw new CoordinationConfigurationException(string.Join(' ', faults));
        }

        if (SchemeOf(settings.BackendUrl) is "memory")
        {
            return new MemoryBackend(settings.BackendUrl[MemoryScheme.Length..], time);
        }

        if (SchemeOf(settings.BackendUrl) is "file")
        {
            var folder = FileUrl.Read(settings.BackendUrl, faults)!; // no faults, so there is one
            return new FileBackend(folder.Path, settings.IsEmbedded ? $"{folder.Description} (embedded, nothing is configured)" : folder.Description, time);
        }

        var url = PostgresUrl.Read(settings.BackendUrl, faults)!; // no faults, so there is one
        var postgres = new PostgresSettings
        {
            ConnectionString = url.ConnectionString,
            Description = url.Description,
            Schema = settings.Schema,
            CreateSchema = settings.CreateSchema,
            MaxWaiterConnections = settings.MaxWaiterConnections,
            AllowPooler = settings.AllowPooler,
        };
        return new PostgresBackend(postgres, time, logger, telemetry ?? Telemetry.None);
    }

    // Null when the text has none. A "://" further on may be a part of a password in a key=value string.
    private static string? SchemeOf(string url)
    {
        var end = url.IndexOf("://", StringComparison.Ordinal);
        return end is > 0 and <= LongestScheme
            && char.IsAsciiLetter(url[0])
            && url.AsSpan(0, end).IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-") < 0
            ? url[..end].ToLowerInvariant()
            : null;
    }

    private static void CheckMemory(string name, ICollection<string> faults)
    {
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            faults.Add(
                "BackendUrl is memory:// without a name of letters, digits, '.', '_' and '-'. Whoever uses the same name in this process " +
                "shares the groups and locks: write memory://name.");
        }
    }
}
