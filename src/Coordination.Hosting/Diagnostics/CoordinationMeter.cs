using System.Diagnostics.Metrics;

namespace Coordination.Diagnostics;

/// <summary>The instruments of one container. All its memberships write to them and tell themselves apart by the attribute <c>coordination.group</c>.</summary>
internal sealed class CoordinationMeter
{
    public const string Name = "Coordination.Hosting";

    private static readonly InstrumentAdvice<double> Times = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };

    private static readonly InstrumentAdvice<int> Sizes = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500] };

    private readonly Lock _gate = new();
    private readonly List<Telemetry> _memberships = [];

    public CoordinationMeter(IMeterFactory factory)
    {
        var meter = factory.Create(Name);
        LockAcquireDuration = meter.CreateHistogram("coordination.lock.acquire.duration", "s", "From the call to the decision.", tags: null, Times);
        LockHoldDuration = meter.CreateHistogram("coordination.lock.hold.duration", "s", "From the grant to the release or the loss.", tags: null, Times);
        LockLost = meter.CreateCounter<long>("coordination.lock.lost", "{lock}", "Locks that were lost while they were held.");
        MemberJoins = meter.CreateCounter<long>("coordination.member.joins", "{member}", "Members that this process saw join.");
        MemberLeaves = meter.CreateCounter<long>("coordination.member.leaves", "{member}", "Members that this process saw go.");
        MemberDetectionDuration = meter.CreateHistogram(
            "coordination.member.detection.duration", "s", "From the instant in which this process saw the next member's connection gone to the verdict.", tags: null, Times);
        LeaderChanges = meter.CreateCounter<long>("coordination.leader.changes", "{change}", "Changes of the leader that this process saw.");
        HeartbeatDuration = meter.CreateHistogram("coordination.heartbeat.duration", "s", "From the sending of a heartbeat to its answer.", tags: null, Times);
        SessionReconnects = meter.CreateCounter<long>("coordination.session.reconnects", "{session}", "Sessions that were opened after the first one.");
        SessionLosses = meter.CreateCounter<long>("coordination.session.losses", "{session}", "Sessions that ended without a farewell.");
        SessionBatchSize = meter.CreateHistogram("coordination.session.batch.size", "{command}", "Lock commands that went to the server together.", tags: null, Sizes);
        meter.CreateObservableUpDownCounter("coordination.lock.held", () => All(static one => one.LocksHeld), "{lock}", "Locks that are held now.");
        meter.CreateObservableUpDownCounter("coordination.lock.waiting", () => All(static one => one.LocksWaiting), "{lock}", "Callers that wait for a lock now.");
        meter.CreateObservableUpDownCounter("coordination.member.count", () => All(static one => one.Members), "{member}", "Living members in the current view.");
        meter.CreateObservableUpDownCounter("coordination.connection.count", () => All(static one => one.Connections), "{connection}", "Open connections to the server.");
        meter.CreateObservableUpDownCounter("coordination.leader.active", () => All(static one => one.Leaderships), "{leader}", "1 on the member that leads the group, else 0.");
        meter.CreateObservableGauge("coordination.heartbeat.age", () => All(static one => one.HeartbeatAge), "s", "Since the last answered heartbeat was sent.");
    }

    public Histogram<double> LockAcquireDuration { get; }

    public Histogram<double> LockHoldDuration { get; }

    public Counter<long> LockLost { get; }

    public Counter<long> MemberJoins { get; }

    public Counter<long> MemberLeaves { get; }

    public Histogram<double> MemberDetectionDuration { get; }

    public Counter<long> LeaderChanges { get; }

    public Histogram<double> HeartbeatDuration { get; }

    public Counter<long> SessionReconnects { get; }

    public Counter<long> SessionLosses { get; }

    public Histogram<int> SessionBatchSize { get; }

    /// <summary>A membership is observed from now on.</summary>
    public void Add(Telemetry membership)
    {
        lock (_gate)
        {
            _memberships.Add(membership);
        }
    }

    /// <summary>It is over.</summary>
    public void Remove(Telemetry membership)
    {
        lock (_gate)
        {
            _memberships.Remove(membership);
        }
    }

    private List<Measurement<T>> All<T>(Func<Telemetry, IEnumerable<Measurement<T>>> read)
        where T : struct
    {
        lock (_gate)
        {
            return [.. _memberships.SelectMany(read)];
        }
    }
}
