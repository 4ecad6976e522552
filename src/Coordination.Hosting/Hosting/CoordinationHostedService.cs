using Coordination.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace Coordination.Hosting;

/// <summary>Ties the membership to the host's life.</summary>
/// <remarks>
/// Starting: joined before any other service starts, so before the web server listens. Started: the listen address is known and
/// published. Stopping: not ready, no new locks; requests drain and keep the locks they hold. Stopped: everything is released
/// and the member has left. A host that skips phases, or fails on its way up, disposes the <see cref="CoordinationRuntime"/>, which
/// leaves too. Nothing thrown while stopping: whatever comes after us in the host's shutdown must still run.
/// </remarks>
internal sealed class CoordinationHostedService(CoordinationRuntime runtime, IServiceProvider services, IHostApplicationLifetime lifetime) : IHostedLifecycleService
{
    private const int LeaseLostExitCode = 75;

    private static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(2);

    private int _listening;

    private string Group => runtime.Settings.Profile.Group;

    /// <inheritdoc/>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (runtime.Settings.OnLeaseLost is OnLeaseLost.StopHost && Interlocked.Exchange(ref _listening, 1) == 0)
        {
            runtime.Session.LeaseLost += _ => StopHost();
        }

        if (runtime.Settings.StartupMode is StartupMode.Background)
        {
            runtime.Session.Start();
            return;
        }

        using var timeout = new CancellationTokenSource(runtime.Settings.StartupTimeout, runtime.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await runtime.Session.JoinAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Nothing stays behind: neither a member that never served, nor a loop that goes on trying.
            var lastError = runtime.Session.Report().LastError;
            await LeaveAsync(cancellationToken).ConfigureAwait(false);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw NotJoined(lastError);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (runtime.Settings.Profile is { Observe: true } or { Url: not null } || ListenAddress.Find(services) is not { } address)
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
            using var courtesy = new CancellationTokenSource(Courtesy, runtime.Time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, courtesy.Token);
            await runtime.Session.PrepareToLeaveAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.LeavingUnsaid(runtime.Logger, Group, e is OperationCanceledException ? "The server did not answer in time." : e.Message);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        runtime.Locks.RefuseNew();
        await LeaveAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task LeaveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await runtime.Session.LeaveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.LeaveFailed(runtime.Logger, Group, e.Message);
        }
    }

    private CoordinationUnavailableException NotJoined(string? lastError) => new(
        $"Group '{Group}' on {runtime.Backend.Description} was not joined within {runtime.Settings.StartupTimeout.TotalSeconds:0.###} s (StartupTimeout). " +
        $"{lastError ?? "The server did not answer."} Set StartupMode to Background to start without it.");

    private void StopHost()
    {
        // First the exit code: a host that is asked to stop ends in order, and its exit code would say that all was well.
        Environment.ExitCode = LeaseLostExitCode;
        Log.StoppingHost(runtime.Logger, Group, LeaseLostExitCode);

        // Not on the watchdog's or the session's thread: what hangs on the lifetime is other people's code.
        new Thread(lifetime.StopApplication) { IsBackground = true, Name = "coordination stop" }.UnsafeStart();
    }
}
