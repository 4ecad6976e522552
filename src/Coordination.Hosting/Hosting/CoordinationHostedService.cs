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
/// <param name="wire">Makes the membership. Not before the start: the host makes its hosted services before it validates options, and
/// the first membership with a fault would hide the faults of all others.</param>
/// <param name="services">Where the web server is found, if there is one.</param>
/// <param name="lifetime">The host.</param>
internal sealed class CoordinationHostedService(Func<CoordinationRuntime> wire, IServiceProvider services, IHostApplicationLifetime lifetime)
    : IHostedLifecycleService
{
    private const int LeaseLostExitCode = 75;

    private static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(2);

    private volatile CoordinationRuntime? _runtime;
    private int _listening;

    /// <inheritdoc/>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var runtime = wire();
        _runtime = runtime;
        if (runtime.Settings.OnLeaseLost is OnLeaseLost.StopHost && Interlocked.Exchange(ref _listening, 1) == 0)
        {
            runtime.Session.LeaseLost += _ => StopHost(runtime);
        }

        await runtime.Degraded.StartAsync().ConfigureAwait(false);
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

            // With a time of its own: whoever gives the start up has cancelled ours, and a join that is under way at the server has to be taken back.
            using var courtesy = new CancellationTokenSource(Courtesy, runtime.Time);
            await LeaveAsync(runtime, courtesy.Token).ConfigureAwait(false);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw NotJoined(runtime, lastError);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (_runtime is not { Settings.Profile: { Observe: false, Url: null } } runtime || ListenAddress.Find(services) is not { } address)
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
        if (_runtime is not { } runtime)
        {
            return;
        }

        runtime.RefuseNewLocks();
        try
        {
            // Only a courtesy to the others: a server that does not answer must not take the time that the drain needs.
            using var courtesy = new CancellationTokenSource(Courtesy, runtime.Time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, courtesy.Token);
            await runtime.Session.PrepareToLeaveAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.LeavingUnsaid(runtime.Logger, runtime.Settings.Profile.Group, e is OperationCanceledException ? "The server did not answer in time." : e.Message);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_runtime is { } runtime)
        {
            runtime.RefuseNewLocks();
            await LeaveAsync(runtime, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task LeaveAsync(CoordinationRuntime runtime, CancellationToken cancellationToken)
    {
        try
        {
            await runtime.Session.LeaveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.LeaveFailed(runtime.Logger, runtime.Settings.Profile.Group, e.Message);
        }
    }

    private static CoordinationUnavailableException NotJoined(CoordinationRuntime runtime, string? lastError) => new(
        $"Group '{runtime.Settings.Profile.Group}' on {runtime.Backend.Description} was not joined within {runtime.Settings.StartupTimeout.TotalSeconds:0.###} s (StartupTimeout). " +
        $"{lastError ?? "The server did not answer."} Set StartupMode to Background to start without it.");

    private void StopHost(CoordinationRuntime runtime)
    {
        // First the exit code: a host that is asked to stop ends in order, and its exit code would say that all was well.
        Environment.ExitCode = LeaseLostExitCode;
        Log.StoppingHost(runtime.Logger, runtime.Settings.Profile.Group, LeaseLostExitCode);

        // Not on the watchdog's or the session's thread: what hangs on the lifetime is other people's code.
        new Thread(lifetime.StopApplication) { IsBackground = true, Name = "coordination stop" }.UnsafeStart();
    }
}
