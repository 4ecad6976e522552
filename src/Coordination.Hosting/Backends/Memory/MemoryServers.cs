namespace Coordination.Backends.Memory;

/// <summary>The servers of this process by name: every host that names one shares it.</summary>
/// <remarks>
/// A server lives as long as a backend that opened it is not disposed; then it is dropped with all it knew, so that tests which
/// reuse a name do not meet each other's members. The next server of that name begins a new epoch, drawn from a counter of the
/// process: to those who still know the old one it looks like a database that lost its history, and since the epoch is the
/// upper part of every fencing token, tokens rise even then.
/// </remarks>
internal static class MemoryServers
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, MemoryServer> Servers = new(StringComparer.Ordinal);
    private static readonly Dictionary<MemoryServer, int> Users = [];
    private static long _lastEpoch;

    /// <summary>The server of that name, made when there is none; to be closed as often as it was opened.</summary>
    public static MemoryServer Open(string name)
    {
        lock (Gate)
        {
            if (!Servers.TryGetValue(name, out var server))
            {
                server = new MemoryServer(name, ++_lastEpoch);
                Servers.Add(name, server);
            }

            Users[server] = Users.GetValueOrDefault(server) + 1;
            return server;
        }
    }

    public static void Close(MemoryServer server)
    {
        lock (Gate)
        {
            if (--Users[server] == 0)
            {
                Users.Remove(server);
                Servers.Remove(server.Name);
            }
        }
    }
}
