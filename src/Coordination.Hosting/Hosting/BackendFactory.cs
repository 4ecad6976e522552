using Coordination.Backends;
using Coordination.Backends.Memory;
using Coordination.Backends.Postgres;
using Microsoft.Extensions.Logging;

namespace Coordination.Hosting;

/// <summary>Which backend a BackendUrl means.</summary>
internal static class BackendFactory
{
    private const string MemoryScheme = "memory://";

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
}
