using Coordination.Backends;
using Coordination.Diagnostics;
using Coordination.Inspection;
using Coordination.Leadership;
using Coordination.Locks;
using Coordination.Membership;
using Coordination.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>One membership with all its parts: made once for each key, disposed with the container.</summary>
internal sealed class CoordinationRuntime : IAsyncDisposable, IDisposable
{
    private readonly Telemetry _telemetry;

    internal CoordinationRuntime(CoordinationSettings settings, IBackend backend, TimeProvider time, ILogger logger, Telemetry? telemetry = null)
    {
        _telemetry = telemetry ?? Telemetry.None;
        Settings = settings;
        Backend = backend;
        Time = time;
        Logger = logger;
        var views = new GroupViews(settings.Profile.Group, logger, _telemetry);
        var journal = new LockJournal(time, logger, _telemetry);
        var engine = new LockEngine(new LockContext(settings.Profile.MemberId, time, journal, settings.PostReleases));
        Session = new LeaseSession(new LeaseContext(backend, engine, views, time, logger) { Telemetry = _telemetry }, settings.Profile);
        Degraded = new DegradedProbe(settings.Degraded, Session, time, logger);
        Locks = new LockProvider(Session, engine, new LockKeys(settings.LockPrefix, settings.KeyFormat));
        ReservedLocks = new LockProvider(Session, engine, LockKeys.Reserved(settings.Profile.Group));
        Membership = new GroupMembership(Session, views);
        Election = new LeaderElection(new LeadershipContext(Membership, ReservedLocks, time, logger)
        {
            MemberId = settings.Profile.Observe ? null : settings.Profile.MemberId,
            LeaseTime = settings.Profile.LeaseTime,
            AnnounceAsync = Session.AnnounceAsync,
            RetractAsync = Session.RetractAsync,
        });
        Inspector = new CoordinationInspector(Session, Locks, journal.Lost, settings.Schema, time);
        _telemetry.Observed = new ObservedRuntime(this);
        _telemetry.Start();
    }

    public CoordinationSettings Settings { get; }

    public IBackend Backend { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public LeaseSession Session { get; }

    public LockProvider Locks { get; }

    /// <summary>Locks of the library's own, whose names no user's name can equal.</summary>
    public LockProvider ReservedLocks { get; }

    public GroupMembership Membership { get; }

    public CoordinationInspector Inspector { get; }

    public LeaderElection Election { get; }

    public DegradedProbe Degraded { get; }

    /// <summary>Wires the parts together.</summary>
    public static CoordinationRuntime Create(IServiceProvider services, string? key)
    {
        var options = services.GetRequiredService<IOptionsMonitor<CoordinationOptions>>().Get(key ?? Options.DefaultName);
        var settings = CoordinationSettings.From(options, ApplicationName(services)).With(PartitionRegistration.NotesOf(services, key));
        var time = services.GetRequiredService<TimeProvider>();
        var logger = new SafeLogger(services.GetService<ILoggerFactory>()?.CreateLogger("Coordination.Hosting") ?? NullLogger.Instance);
        var telemetry = new Telemetry(settings.Profile.Group, settings.DisableMetrics ? null : services.GetRequiredService<CoordinationMeter>(), !settings.DisableTracing);
        var backend = BackendFactory.Create(settings, time, logger, telemetry);
        if (settings.IsEmbedded)
        {
            Log.Embedded(logger, settings.BackendUrl, SettingPlaces.Variable);
        }

        return new CoordinationRuntime(settings, backend, time, logger, telemetry);
    }

    public static string ApplicationName(IServiceProvider services) =>
        services.GetService<IHostEnvironment>()?.ApplicationName is { Length: > 0 } name
            ? name
            : System.Reflection.Assembly.GetEntryAssembly()?.GetName().Name ?? "application";

    /// <summary>From now on nobody gets a new lock; held ones stay valid.</summary>
    public void RefuseNewLocks()
    {
        Locks.RefuseNew();
        ReservedLocks.RefuseNew();
    }

    /// <summary>Releases everything and leaves the group, unless that has been done; bounded by the lease time.</summary>
    public async ValueTask DisposeAsync()
    {
        RefuseNewLocks();
        Degraded.Dispose();
        await Session.DisposeAsync().ConfigureAwait(false);
        _telemetry.Stop();
    }

    /// <summary>The same without waiting for it: a container that is disposed in the old way must not block on the network.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();
}
