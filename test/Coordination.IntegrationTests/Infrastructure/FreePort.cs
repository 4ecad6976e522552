using System.Net;
using System.Net.Sockets;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A port of 127.0.0.1 that nobody listens on now.</summary>
/// <remarks>
/// None of those that systems give away by themselves (from 32768 on): such a one could be somebody's at any moment, also while a
/// server of ours is down that is to come back on it.
/// </remarks>
internal static class FreePort
{
    private const int First = 16384;
    private const int End = 32768;

    public static int Find()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, Random.Shared.Next(First, End));
            try
            {
                probe.Start();
                return ((IPEndPoint)probe.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Somebody has it: another one.
            }
        }
    }
}
