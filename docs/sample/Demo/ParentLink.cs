using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Conductors.Demo;

/// <summary>A replica's link to the demo: says on standard output where it listens, and stops when the demo is gone.</summary>
/// <remarks>Registered before everything else: hosted services start one after the other, and the demo may go while one still waits.</remarks>
internal sealed class ParentLink(IServer server, IHostApplicationLifetime life, TimeProvider time) : IHostedLifecycleService
{
    /// <summary>Begins the line that says where the replica listens.</summary>
    public const string ListeningAt = "listening at ";

    // Longer than the host's own shutdown timeout: only a replica that hangs comes here.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _ = StopWithParentAsync();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine(ListeningAt + server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task StopWithParentAsync()
    {
        await Parent.WaitUntilGoneAsync();
        if (life.ApplicationStarted.IsCancellationRequested)
        {
            life.StopApplication();
            await Task.Delay(StopLimit, time, CancellationToken.None);
        }

        // Not started yet: there is no request to finish, and the server notices the closed connection by itself.
        Environment.Exit(1);
    }
}
