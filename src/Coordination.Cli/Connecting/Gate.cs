using Coordination.Backends.Postgres;
using Coordination.Shell;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Coordination.Connecting;

/// <summary>A host with one membership in it, as any application would have it; only nothing of the console is its affair.</summary>
internal sealed class Gate : IAsyncDisposable
{
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(2);

    private readonly IHost _host;
    private int _started;

    private Gate(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public ILockProvider Locks => Services.GetRequiredService<ILockProvider>();

    public ICoordinationInspector Inspector => Services.GetRequiredService<ICoordinationInspector>();

    public ILeaderElection Election => Services.GetRequiredService<ILeaderElection>();

    public IGroupMembership Group => Services.GetRequiredService<IGroupMembership>();

    /// <summary>Wires it; connects to nothing.</summary>
    public static Gate To(Place place, Action<CoordinationOptions>? more = null)
    {
        if (place.Url is null)
        {
            throw new CliFault(ExitCodes.Configuration,
                $"No backend is given. Looked at, in this order: --url, {Place.Variable}, {Place.LibraryVariable}. Set one of them, to postgresql://user:password@host/database for example.");
        }

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "coordination", EnvironmentName = Environments.Production });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddCoordination(options =>
        {
            options.BackendUrl = place.Url;
            options.Group = place.Group;
            options.Schema = place.Schema;
            options.LockPrefix = place.LockPrefix;
            options.KeyFormat = place.KeyFormat;
            options.AllowPooler = place.AllowPooler;
            options.LeaseTime = place.LeaseTime;
            options.StartupTimeout = place.ConnectTimeout;
            options.Prefix = "cli";
            options.Observe = true;
            options.CreateSchema = false;
            options.CrashWatch = false;
            options.DisableMetrics = options.DisableTracing = true;
            more?.Invoke(options);
        });
        return new Gate(builder.Build());
    }

    /// <summary>Connects and comes into the group.</summary>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        try
        {
            Interlocked.Exchange(ref _started, 1);
            await _host.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CoordinationUnavailableException) when (Inspector.Self.LastError is { } said)
        {
            throw new CliFault(ExitCodes.Unavailable, $"{Inspector.Self.Backend} is away: {said}");
        }
    }

    /// <summary>Reads the group; needs no membership.</summary>
    public async Task<GroupReport> ReadAsync(CancellationToken cancellationToken)
    {
        // A reading does not give up by itself while a network swallows everything.
        var place = Services.GetRequiredService<IOptions<CoordinationOptions>>().Value;
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await ReadPatientlyAsync(reading.Token).WaitAsync(place.StartupTimeout, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw CliFault.Unanswered(Inspector.Self.Backend, place.StartupTimeout);
        }
        finally
        {
            await reading.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One attempt to connect has the time that a lease would leave it, and not the time of the command: what was too slow once is asked again.</summary>
    private async Task<GroupReport> ReadPatientlyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await Inspector.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (CoordinationUnavailableException e) when (PostgresErrors.IsTimeout(e) && !cancellationToken.IsCancellationRequested)
            {
            }
        }
    }

    /// <summary>Leaves, if the backend lets go of us soon; what it does not hear of ends with the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(LongestFarewell, TimeProvider.System);
        var leaving = Task.Run(async () =>
        {
            if (_started == 1)
            {
                await _host.StopAsync(limit.Token).ConfigureAwait(false);
            }

            await ((IAsyncDisposable)_host).DisposeAsync().ConfigureAwait(false);
        });
        await leaving.WaitAsync(LongestFarewell, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
