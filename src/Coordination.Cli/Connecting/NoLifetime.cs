using Microsoft.Extensions.Hosting;

namespace Coordination.Connecting;

/// <summary>Signals are the command's that we run, and not the host's: it neither starts nor stops by them.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
