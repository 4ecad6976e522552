using Coordination.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace Coordination.Hosting;

/// <summary>Ties the membership to the host's life.</summary>
/// <remarks>
/// Starting: joined before any other service starts, so before the web server listens. Started: the listen address is known and
/// published. Stopping: not ready, no new locks; requests drain and keep the locks they hold. Stopped: everything is released
/// and the member has left.
/// </remarks>
internal sealed class CoordinationHostedService(CoordinationRuntime runtime, IServiceProvider services, IHostApplicationLifetime lifetime) : IHostedLifecycleService
{
    private const int LeaseLostExitCode = 75;

    /// <inheritdoc/>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        runtime.Session.LeaseLost += ActOnLoss;
        if (runtime.Settings.StartupMode is StartupMode.Background)
        {
            runtime.Session.Start();
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(runtime.Settings.StartupTimeout);
        try
        {
            await runtime.Session.JoinAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Nothing stays behind: neither a member that never served, nor a loop that goes on trying.
            var lastError = runtime.Session.Report().LastError;
            await runtime.Session.LeaveAsync(CancellationToken.None).ConfigureAwait(false);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new CoordinationUnavailableException(
                    $"Group '{runtime.Settings.Profile.Group}' on {runtime.Backend.Description} was not joined within {runtime.Settings.StartupTimeout}. " +
                    $"{lastError ?? "The server did not answer."} Set StartupMode = Background to start without it.",
                    e);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (runtime.Settings.Profile.Url is not null || ListenAddress.Find(services) is not { } address)
        {
            return;
        }

        try
        {
            await runtime.Session.AdvertiseAsync(address, cancellationToken).ConfigureAwait(false);
        }
        catch (CoordinationException)
        {
            // The connection is away at this moment: the address is kept and published with the next join or attach.
        }
    }

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        runtime.Locks.RefuseNew();
        try
        {
            // Only a courtesy to the others: a server that does not answer must not take the time that the drain needs.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(2));
            await runtime.Session.PrepareToLeaveAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CoordinationException or OperationCanceledException)
        {
            Log.LeavingUnsaid(runtime.Logger, runtime.Settings.Profile.Group, e.Message);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        runtime.Locks.RefuseNew();
        await runtime.Session.LeaveAsync(cancellationToken).ConfigureAwait(false);
    }

    private void ActOnLoss(string reason)
    {
        if (runtime.Settings.OnLeaseLost is OnLeaseLost.StopHost)
        {
            // First the exit code: a host that is asked to stop ends in order, and its exit code would say that all was well.
            Environment.ExitCode = LeaseLostExitCode;
            Log.StoppingHost(runtime.Logger, runtime.Settings.Profile.Group, LeaseLostExitCode);

            // Not on the watchdog's or the session's thread: what hangs on the lifetime is other people's code.
            new Thread(lifetime.StopApplication) { IsBackground = true, Name = "coordination stop" }.UnsafeStart();
        }
    }
}
