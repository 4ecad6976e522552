using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Coordination.Diagnostics;

/// <summary>What one membership tells to those who measure. Where nobody listens, nothing is allocated and next to nothing done.</summary>
internal sealed class Telemetry
{
    public const string GroupTag = "coordination.group";
    public const string TemplateTag = "coordination.lock.template";
    public const string ModeTag = "coordination.lock.mode";
    public const string ResultTag = "coordination.result";
    public const string ReasonTag = "coordination.reason";
    public const string KindTag = "coordination.connection.kind";
    public const string ErrorTag = "error.type";

    private static readonly ActivitySource Source = new(CoordinationMeter.Name);

    private readonly CoordinationMeter? _meter;
    private readonly bool _traces;
    private readonly LockTemplates _templates = new();
    private readonly Dictionary<string, int> _connections = new(StringComparer.Ordinal);
    private readonly KeyValuePair<string, object?> _group;

    /// <param name="group">The group's name.</param>
    /// <param name="meter">The instruments; null: none are wanted.</param>
    /// <param name="traces">Whether spans are wanted.</param>
    public Telemetry(string group, CoordinationMeter? meter, bool traces)
    {
        _group = new(GroupTag, group);
        _meter = meter;
        _traces = traces;
    }

    /// <summary>Tells nobody anything.</summary>
    public static Telemetry None { get; } = new(string.Empty, meter: null, traces: false);

    /// <summary>What the membership is like now; set when it has been put together.</summary>
    public ITelemetrySource? Observed { get; set; }

    public IEnumerable<Measurement<int>> LocksHeld => Observe(static source => source.LocksHeld);

    public IEnumerable<Measurement<int>> LocksWaiting => Observe(static source => source.LocksWaiting);

    public IEnumerable<Measurement<int>> Members => Observe(static source => source.Members);

    public IEnumerable<Measurement<int>> Leaderships => Observe(static source => source.Leads ? 1 : 0);

    public IEnumerable<Measurement<double>> HeartbeatAge =>
        Observed?.HeartbeatAge is { } age ? [new Measurement<double>(age.TotalSeconds, _group)] : [];

    public IEnumerable<Measurement<int>> Connections
    {
        get
        {
            lock (_connections)
            {
                return [.. _connections.Select(pair => new Measurement<int>(pair.Value, _group, new(KindTag, pair.Key)))];
            }
        }
    }

    /// <summary>The observable instruments show this membership from now on.</summary>
    public void Start() => _meter?.Add(this);

    /// <summary>And no more.</summary>
    public void Stop() => _meter?.Remove(this);

    public void LockDecided(LockName name, string? template, LockMode mode, TimeSpan waited, string result, string? error)
    {
        if (_meter is { LockAcquireDuration: { Enabled: true } histogram })
        {
            var tags = new TagList { _group, new(TemplateTag, _templates.Of(name, template)), new(ModeTag, NameOf(mode)), new(ResultTag, result) };
            if (error is not null)
            {
                tags.Add(ErrorTag, error);
            }

            histogram.Record(waited.TotalSeconds, tags);
        }
    }

    /// <summary>Whether anybody wants to know how long a lock was held that was given back.</summary>
    public bool MeasuresHolds => _meter is { LockHoldDuration.Enabled: true };

    public void LockGone(LockName name, string? template, LockMode mode, TimeSpan held, bool isLost)
    {
        if (_meter is not { } meter || !(meter.LockHoldDuration.Enabled || (isLost && meter.LockLost.Enabled)))
        {
            return;
        }

        var tags = new TagList { _group, new(TemplateTag, _templates.Of(name, template)), new(ModeTag, NameOf(mode)) };
        meter.LockHoldDuration.Record(held.TotalSeconds, tags);
        if (isLost)
        {
            meter.LockLost.Add(1, tags);
        }
    }

    public void MemberChanged(MemberChangeKind kind)
    {
        if (kind is MemberChangeKind.Joined)
        {
            _meter?.MemberJoins.Add(1, _group);
        }
        else if (kind is MemberChangeKind.Left or MemberChangeKind.Died or MemberChangeKind.Superseded)
        {
            _meter?.MemberLeaves.Add(1, _group, new(ReasonTag, kind switch
            {
                MemberChangeKind.Left => "left",
                MemberChangeKind.Died => "died",
                _ => "superseded",
            }));
        }
    }

    public void LeaderChanged() => _meter?.LeaderChanges.Add(1, _group);

    public void MemberJudged(TimeSpan sinceSeen) => _meter?.MemberDetectionDuration.Record(sinceSeen.TotalSeconds, _group);

    public void HeartbeatAnswered(TimeSpan after) => _meter?.HeartbeatDuration.Record(after.TotalSeconds, _group);

    public void SessionResumed() => _meter?.SessionReconnects.Add(1, _group);

    public void SessionLost() => _meter?.SessionLosses.Add(1, _group);

    public void BatchSent(int commands) => _meter?.SessionBatchSize.Record(commands, _group);

    public void ConnectionsChanged(string kind, int by)
    {
        lock (_connections)
        {
            _connections[kind] = _connections.GetValueOrDefault(kind) + by;
        }
    }

    /// <summary>A span without a parent, of the loop that keeps the membership; null where nobody wants one.</summary>
    public Activity? StartSpan(string name) => Start(name, parent: default);

    /// <summary>The spans of one lock, from the call on; null where nobody wants them.</summary>
    public LockTrace? TraceLock(LockName name, string? template) => _traces && Source.HasListeners()
        ? LockTrace.Begin(_templates.Of(name, template), Start, Activity.Current?.Context ?? default)
        : null;

    private static string NameOf(LockMode mode) => mode is LockMode.Shared ? "shared" : "exclusive";

    private IEnumerable<Measurement<int>> Observe(Func<ITelemetrySource, int> read) =>
        Observed is { } source ? [new Measurement<int>(read(source), _group)] : [];

    // A span of ours is nobody's ambient one: it ends on another thread than it began, and what the caller does meanwhile is not a part of it.
    private Activity? Start(string name, ActivityContext parent)
    {
        if (!_traces || !Source.HasListeners())
        {
            return null;
        }

        var ambient = Activity.Current;
        Activity.Current = null;
        try
        {
            return Source.StartActivity(name, ActivityKind.Internal, parent, [_group]); // with its group from the beginning: so a sampler can choose
        }
        finally
        {
            Activity.Current = ambient;
        }
    }
}
