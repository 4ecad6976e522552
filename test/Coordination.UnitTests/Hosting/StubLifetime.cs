using Microsoft.Extensions.Hosting;

namespace Coordination.UnitTests.Hosting;

/// <summary>A host's lifetime that only notes that it was asked to stop.</summary>
internal sealed class StubLifetime : IHostApplicationLifetime
{
    private readonly TaskCompletionSource<int> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the exit code that was set at the moment of the call.</summary>
    public Task<int> Stopped => _stopped.Task;

    public CancellationToken ApplicationStarted => CancellationToken.None;

    public CancellationToken ApplicationStopping => CancellationToken.None;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    public void StopApplication() => _stopped.TrySetResult(Environment.ExitCode);
}
