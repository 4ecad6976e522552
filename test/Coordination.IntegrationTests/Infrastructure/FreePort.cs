using System.Net;
using System.Net.Sockets;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A port of 127.0.0.1 that nobody listens on now.</summary>
internal static class FreePort
{
    public static int Find()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
