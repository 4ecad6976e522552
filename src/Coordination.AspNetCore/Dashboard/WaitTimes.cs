using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Coordination.Dashboard;

/// <summary>How long acquiring took in this process, for each template of names: the last five minutes, out of the metrics of the library.</summary>
/// <remarks>Listens from the first look on: where nobody looks, measuring costs nothing.</remarks>
internal sealed class WaitTimes(string group, TimeProvider time, IMeterFactory? meters) : IDisposable
{
    private const string MeterName = "Coordination.Hosting";
    private const string Instrument = "coordination.lock.acquire.duration";
    private const string GroupTag = "coordination.group";
    private const string TemplateTag = "coordination.lock.template";
    private const string ResultTag = "coordination.result";
    private const string Others = "(others)";

    /// <summary>Templates are few; a program that puts ids into them must not fill the memory.</summary>
    private const int MostTemplates = 50;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, WaitSeries> _series = new(StringComparer.Ordinal);
    private MeterListener? _listener;

    public void Start()
    {
        if (Volatile.Read(ref _listener) is not null)
        {
            return;
        }

        var listener = new MeterListener { InstrumentPublished = Enable };
        if (Interlocked.CompareExchange(ref _listener, listener, null) is null)
        {
            listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Record(value, tags));
            listener.Start();
        }
    }

    /// <summary>A listener is known to the whole process: it must not outlive its host.</summary>
    public void Dispose() => Volatile.Read(ref _listener)?.Dispose();

    /// <summary>The most used first: each window's p50 and p99, the oldest first.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        List<KeyValuePair<string, WaitSeries>> all;
        lock (_gate)
        {
            all = [.. _series];
        }

        var now = time.GetTimestamp();
        writer.WriteStartArray();
        foreach (var (template, summary) in all.Select(pair => (pair.Key, Summary: pair.Value.Summarize(now))).Where(one => one.Summary.Count > 0).OrderByDescending(one => one.Summary.Count))
        {
            writer.WriteStartObject();
            writer.WriteString("template", template);
            writer.WriteNumber("count", summary.Count);
            writer.WriteNumber("p50Ms", summary.P50);
            writer.WriteNumber("p99Ms", summary.P99);
            WritePoints("p50", summary.Points50);
            WritePoints("p99", summary.Points99);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();

        void WritePoints(string name, IReadOnlyList<double> points)
        {
            writer.WriteStartArray(name);
            foreach (var point in points)
            {
                writer.WriteNumberValue(point);
            }

            writer.WriteEndArray();
        }
    }

    // Two hosts in one process have a meter each.
    private void Enable(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name == MeterName && instrument.Name == Instrument
            && (instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, meters)))
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private void Record(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? template = null;
        foreach (var (key, value) in tags)
        {
            if (key == TemplateTag)
            {
                template = value as string;
            }
            else if ((key == ResultTag && value is not "acquired") || (key == GroupTag && !group.Equals(value)))
            {
                return; // a wait that ended otherwise says how patient the caller was; another membership has a page of its own
            }
        }

        Find(template ?? Others).Add(time.GetTimestamp(), seconds);
    }

    private WaitSeries Find(string template)
    {
        lock (_gate)
        {
            if (_series.TryGetValue(template, out var series))
            {
                return series;
            }

            if (_series.Count >= MostTemplates && template != Others)
            {
                return _series.TryGetValue(Others, out var others) ? others : _series[Others] = new WaitSeries(time);
            }

            return _series[template] = new WaitSeries(time);
        }
    }
}
