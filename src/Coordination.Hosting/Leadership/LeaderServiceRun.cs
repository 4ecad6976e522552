using Coordination.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.Leadership;

/// <summary>The services of a role during one term: started in order, stopped the other way round.</summary>
/// <remarks>A service that does not stop keeps its role: a role without a leader is a delay, one with two is a fault.</remarks>
/// <param name="terms">The services.</param>
/// <param name="term">The term.</param>
/// <param name="hurry">Fires when the host's patience is over.</param>
internal sealed class LeaderServiceRun(LeaderServiceTerms terms, LeaderTerm term, CancellationToken hurry)
{
    private readonly List<IHostedService> _started = [];

    /// <summary>Runs them until the term is over, the host stops, or one of them ends.</summary>
    /// <returns>Null, or why they were stopped although the term went on.</returns>
    public async Task<Exception?> RunAsync(IServiceProvider services, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping, term.Lost);
        services.GetRequiredService<TermInScope>().Term = term;
        try
        {
            foreach (var type in terms.Services)
            {
                var service = (IHostedService)services.GetRequiredService(type);
                _started.Add(service);
                await service.StartAsync(over.Token).ConfigureAwait(false);
            }

            await EndedAsync(over.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            return over.IsCancellationRequested ? null : e;
        }
        finally
        {
            await StopAsync().ConfigureAwait(false);
        }
    }

    private async Task EndedAsync(CancellationToken over)
    {
        var runs = _started.OfType<BackgroundService>().Where(service => service.ExecuteTask is not null).ToList();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(over);
        var ended = await Task.WhenAny(runs.Select(service => service.ExecuteTask!).Append(Task.Delay(Timeout.InfiniteTimeSpan, terms.Time, enough.Token))).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        if (!over.IsCancellationRequested)
        {
            await ended.ConfigureAwait(false);
            var name = runs.First(service => service.ExecuteTask == ended).GetType().Name;
            throw new InvalidOperationException($"{name} returned from ExecuteAsync although its term went on. Return when the token fires.");
        }
    }

    private async Task StopAsync()
    {
        using var patience = new CancellationTokenSource(terms.ShutdownTimeout, terms.Time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, hurry);
        await using var late = bound.Token.UnsafeRegister(_ => Log.LeaderServiceLate(terms.Logger, terms.Role, term.Token), null).ConfigureAwait(false);
        foreach (var service in Enumerable.Reverse(_started))
        {
            try
            {
                await service.StopAsync(bound.Token).ConfigureAwait(false);
                if (service is BackgroundService { ExecuteTask: { } run })
                {
                    await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it may go on after its StopAsync gave up waiting
                }
            }
            catch (Exception e)
            {
                Log.LeaderServiceStopFailed(terms.Logger, service.GetType().Name, terms.Role, e);
            }
        }
    }
}
