using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Coordination.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.UnitTests.Diagnostics;

/// <summary>Hears everything that one container measures and traces.</summary>
internal sealed class Listener : IDisposable
{
    private readonly MeterListener _meters = new();
    private readonly ActivityListener _spans;

    public Listener(IServiceProvider services, string group)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == CoordinationMeter.Name && instrument.Meter.Scope == factory)
            {
                Published[instrument.Name] = instrument;
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Hear(instrument, value, tags));
        _meters.Start();
        _spans = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == CoordinationMeter.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.GetTagItem(Telemetry.GroupTag) as string == group)
                {
                    Spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_spans);
    }

    /// <summary>Every instrument that was published, by name.</summary>
    public ConcurrentDictionary<string, Instrument> Published { get; } = [];

    public ConcurrentQueue<(string Instrument, double Value, IReadOnlyDictionary<string, object?> Tags)> Heard { get; } = [];

    public ConcurrentQueue<Activity> Spans { get; } = [];

    /// <summary>What an instrument has said with these attributes.</summary>
    public IReadOnlyList<double> Of(string instrument, params (string Key, object Value)[] tags) =>
        [.. Heard.Where(one => one.Instrument == instrument && tags.All(tag => Equals(one.Tags.GetValueOrDefault(tag.Key), tag.Value))).Select(one => one.Value)];

    /// <summary>Asks the observable instruments.</summary>
    public void Collect() => _meters.RecordObservableInstruments();

    public void Dispose()
    {
        _meters.Dispose();
        _spans.Dispose();
    }

    private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Dictionary<string, object?> known = [];
        foreach (var (key, tag) in tags)
        {
            known[key] = tag;
        }

        Heard.Enqueue((instrument.Name, value, known));
    }
}
