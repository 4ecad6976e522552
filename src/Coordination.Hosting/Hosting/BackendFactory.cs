using System.Buffers;
using Coordination.Backends;
using Coordination.Backends.Memory;
using Coordination.Backends.Postgres;
using Microsoft.Extensions.Logging;

namespace Coordination.Hosting;

/// <summary>Which backend a BackendUrl means.</summary>
internal static class BackendFactory
{
    private const string MemoryScheme = "memory://";

    private static readonly SearchValues<char> SchemeCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    /// <summary>Adds what is wrong with a BackendUrl. No password gets into a fault.</summary>
    public static void Check(string url, ICollection<string> faults)
    {
        if (url.StartsWith(MemoryScheme, StringComparison.OrdinalIgnoreCase))
        {
            if (url.Length == MemoryScheme.Length)
            {
                faults.Add("BackendUrl is memory:// without a name; processes of one name share a server, so write memory://name.");
            }
        }
        else if (!PostgresUrl.HasScheme(url) && SchemeOf(url) is { } scheme)
        {
            faults.Add($"BackendUrl has the scheme '{scheme}', which is unknown. Use postgresql://user:password@host/database, an Npgsql key=value string, or memory://name.");
        }
        else
        {
            PostgresUrl.Read(url, faults);
        }
    }

    /// <summary>Makes the backend.</summary>
    /// <exception cref="CoordinationConfigurationException">The url is not valid.</exception>
    public static IBackend Create(CoordinationSettings settings, TimeProvider time, ILogger logger)
    {
        if (settings.BackendUrl.StartsWith(MemoryScheme, StringComparison.OrdinalIgnoreCase))
        {
            return new MemoryBackend(settings.BackendUrl[MemoryScheme.Length..], time);
        }

        List<string> faults = [];
        return PostgresUrl.Read(settings.BackendUrl, faults) is { } url && faults.Count == 0
            ? new PostgresBackend(
                new PostgresSettings
                {
                    ConnectionString = url.ConnectionString,
                    Description = url.Description,
                    Schema = settings.Schema,
                    CreateSchema = settings.CreateSchema,
                    MaxWaiterConnections = settings.MaxWaiterConnections,
                },
                time,
                logger)
            : throw new CoordinationConfigurationException(string.Join(" ", faults));
    }

    /// <summary>The scheme of a url; null when the text is none, but a key=value string, say.</summary>
    private static string? SchemeOf(string url)
    {
        var end = url.IndexOf("://", StringComparison.Ordinal);
        return end > 0 && url.AsSpan(0, end).IndexOfAnyExcept(SchemeCharacters) < 0 ? url[..end] : null;
    }
}
