using System.Net.Sockets;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>One connection through a <see cref="Relay"/>.</summary>
internal sealed class Wire(TcpClient client) : IDisposable
{
    private readonly TcpClient _server = new() { NoDelay = true };
    private readonly CancellationTokenSource _cut = new();
    private volatile bool _silent;
    private volatile TaskCompletionSource? _held;

    public void Silence() => _silent = true;

    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume() => _held?.TrySetResult();

    public void Cut()
    {
        try
        {
            _cut.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself between the look and the cut.
        }
    }

    /// <summary>Returns when the connection is over for both sides.</summary>
    public async Task RunAsync(string host, int port)
    {
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(host, port, _cut.Token);
            await Task.WhenAny(CopyAsync(client.GetStream(), _server.GetStream()), CopyAsync(_server.GetStream(), client.GetStream()));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Cut, or the server is not there: the client is told by the close.
        }
    }

    public void Dispose()
    {
        _cut.Cancel();
        client.Dispose();
        _server.Dispose();
        _cut.Dispose();
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int count;
            while ((count = await from.ReadAsync(buffer, _cut.Token)) > 0)
            {
                await ResumedAsync();
                if (!_silent)
                {
                    await to.WriteAsync(buffer.AsMemory(0, count), _cut.Token);
                }
            }

            await ResumedAsync(); // an end is under way as long as everything else
        }
        catch (IOException) when (_silent)
        {
            // A reset on one side is as unseen on the other as everything else.
        }

        if (_silent)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _cut.Token);
        }
    }

    private Task ResumedAsync() => _held?.Task.WaitAsync(_cut.Token) ?? Task.CompletedTask;
}
