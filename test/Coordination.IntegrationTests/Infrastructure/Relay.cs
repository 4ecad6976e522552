using System.Net;
using System.Net.Sockets;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A network between a client and a server that the test can silence and cut.</summary>
/// <remarks>
/// Silent means what a dead switch means: both sides may send, nothing arrives, nobody is told, and an end on one side is not seen
/// on the other. Bytes are lost by it, so connections that were silenced are cut, not resumed, when the network comes back.
/// </remarks>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopped = new();
    private readonly ServerAddress _server;
    private readonly object _gate = new();
    private readonly HashSet<Wire> _wires = [];
    private readonly Task _accepting;
    private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _silent;
    private bool _isHeld;

    private Relay(ServerAddress server)
    {
        _server = server;
        _listener.Start();
        Address = server with { Port = ((IPEndPoint)_listener.LocalEndpoint).Port, Host = "127.0.0.1" };
        _accepting = AcceptAsync();
    }

    /// <summary>The server as seen through the relay.</summary>
    public ServerAddress Address { get; }

    public static Relay To(ServerAddress server) => new(server);

    /// <summary>Completes when somebody has connected for the first time.</summary>
    public Task CalledAsync() => _called.Task.WaitAsync(Limits.Step);

    /// <summary>From now on nothing arrives, on old and on new connections.</summary>
    public void Silence()
    {
        lock (_gate)
        {
            _silent = true;
            foreach (var wire in _wires)
            {
                wire.Silence();
            }
        }
    }

    /// <summary>From now on nothing arrives until <see cref="Resume"/>, and then all of it: what a network does that recovers in time.</summary>
    public void Hold()
    {
        lock (_gate)
        {
            _isHeld = true;
            foreach (var wire in _wires)
            {
                wire.Hold();
            }
        }
    }

    /// <summary>What was held arrives.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            _isHeld = false;
            foreach (var wire in _wires)
            {
                wire.Resume();
            }
        }
    }

    /// <summary>The network works again, for new connections; the silenced ones are cut.</summary>
    public void Restore()
    {
        lock (_gate)
        {
            _silent = false;
        }

        Cut();
    }

    /// <summary>Ends every connection; both sides are told. New ones are welcome.</summary>
    public void Cut()
    {
        Wire[] wires;
        lock (_gate)
        {
            wires = [.. _wires];
        }

        foreach (var wire in wires)
        {
            wire.Cut();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Stop();
        await _accepting;
        Cut();
        _stopped.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopped.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The relay is being disposed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var wire = new Wire(client);
        _called.TrySetResult();
        lock (_gate)
        {
            _wires.Add(wire);
            if (_silent)
            {
                wire.Silence();
            }

            if (_isHeld)
            {
                wire.Hold();
            }
        }

        try
        {
            await wire.RunAsync(_server.Host, _server.Port);
        }
        finally
        {
            lock (_gate)
            {
                _wires.Remove(wire);
            }
        }
    }
}
