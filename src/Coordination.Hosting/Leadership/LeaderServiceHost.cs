using Coordination.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.Leadership;

/// <summary>Runs the services of one role wherever this member leads it.</summary>
/// <remarks>
/// Started: campaigns. Stopping: the services are told to stop and the role is resigned, so that another member leads while requests still
/// drain here. Stop: they are awaited, until the host's patience is over.
/// </remarks>
/// <param name="terms">The services. Not before the start: a wrong setting is then told together with all others.</param>
internal sealed class LeaderServiceHost(Func<LeaderServiceTerms> terms) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan FirstRestart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRestart = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstAttempt = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _hurry = new();
    private Task _running = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var known = terms();
        if (known.Election.Context.MemberId is null)
        {
            Log.RoleOnlyObserved(known.Logger, known.Role);
            return Task.CompletedTask;
        }

        // What we run outlives whoever starts it and must not carry its activity or other ambient values.
        using (ExecutionContext.SuppressFlow())
        {
            _running = Task.Run(() => RunAsync(known), CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => _stopping.CancelAsync();

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_running.IsCompleted)
        {
            await _hurry.CancelAsync().ConfigureAwait(false);
            var known = terms();
            Log.LeaderServicesLeft(known.Logger, known.Role);
        }
    }

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _stopping.Cancel(); // a host that failed on its way up is disposed without a stop

    private async Task RunAsync(LeaderServiceTerms known)
    {
        var stopping = _stopping.Token;
        var patience = new Patience(FirstRestart, LongestRestart);
        while (await CampaignAsync(known, stopping).ConfigureAwait(false) is { } term)
        {
            var begun = known.Time.GetTimestamp();
            var failure = await ServeAsync(known, term, stopping).ConfigureAwait(false);
            if (failure is null || known.Time.GetElapsedTime(begun) > LongestRestart)
            {
                patience.Reset();
            }

            if (failure is not null)
            {
                var delay = patience.Next();
                Log.LeaderServiceFailed(known.Logger, known.Role, term.Token, delay, failure);
                await Task.Delay(delay, known.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async Task<LeaderTerm?> CampaignAsync(LeaderServiceTerms known, CancellationToken stopping)
    {
        var patience = new Patience(FirstAttempt, LongestAttempt);
        string? reason = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                return await known.Election.CampaignAsync(known.Role, known.ShutdownTimeout, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                if (e.Message != reason)
                {
                    Log.CampaignFailed(known.Logger, known.Role, e.Message);
                    reason = e.Message; // said once, not at every attempt
                }
            }

            await Task.Delay(patience.Next(), known.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    private async Task<Exception?> ServeAsync(LeaderServiceTerms known, LeaderTerm term, CancellationToken stopping)
    {
        // The role goes on to the next when everything of this term has stopped, and not before.
        await using (term.ConfigureAwait(false))
        {
            try
            {
                var scope = known.Scopes.CreateAsyncScope();
                await using (scope.ConfigureAwait(false))
                {
                    return await new LeaderServiceRun(known, term, _hurry.Token).RunAsync(scope.ServiceProvider, stopping).ConfigureAwait(false);
                }
            }
            catch (Exception e)
            {
                return e; // a service that cannot be made, or fails when it is disposed
            }
        }
    }
}
