using System.Globalization;
using System.Text.Json;
using Coordination.Shell;

namespace Coordination.Reading;

/// <summary>Rows of one kind and what is told of each. Pure.</summary>
/// <param name="rows">Out of a report.</param>
/// <param name="name">Of a row: what other commands take.</param>
/// <param name="columns">What is told.</param>
internal sealed class Listing<T>(Func<GroupReport, IEnumerable<T>> rows, Func<T, string> name, params IReadOnlyList<Column<T>> columns) : IListing
{
    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<string>> Table(GroupReport report, bool isWide)
    {
        var shown = columns.Where(column => isWide || !column.IsWide).ToList();
        return [[.. shown.Select(column => column.Header)], .. rows(report).Select(row => (IReadOnlyList<string>)[.. shown.Select(column => Text(column.Value(row), report.ServerTime))])];
    }

    /// <inheritdoc/>
    public IEnumerable<string> Names(GroupReport report) => rows(report).Select(row => PlainText.Of(name(row))).Distinct();

    /// <inheritdoc/>
    public void WriteJson(Utf8JsonWriter writer, GroupReport report)
    {
        writer.WriteStartArray();
        foreach (var row in rows(report))
        {
            writer.WriteStartObject();
            foreach (var column in columns)
            {
                writer.WritePropertyName(column.Property);
                Write(writer, column.Value(row));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Text(object? value, DateTimeOffset now) => value switch
    {
        null => "-",
        bool truth => truth ? "yes" : "no",
        DateTimeOffset at => PlainText.Age(now - at),
        TimeSpan time => PlainText.Age(time),
        Heartbeat heard => PlainText.Age(now - heard.At) + (heard.IsLate(now) ? Heartbeat.Late : string.Empty),
        IEnumerable<string> texts => string.Join(",", texts.Select(PlainText.Of)) is { Length: > 0 } joined ? joined : "-",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => PlainText.Of(value.ToString() ?? string.Empty) is { Length: > 0 } text ? text : "-",
    };

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case int or long:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case TimeSpan time:
                writer.WriteNumberValue(Math.Round(time.TotalSeconds, 3));
                break;
            case Heartbeat heard:
                writer.WriteStringValue(heard.At.UtcDateTime);
                break;
            case DateTimeOffset at:
                writer.WriteStringValue(at.UtcDateTime);
                break;
            case IEnumerable<string> texts:
                writer.WriteStartArray();
                foreach (var text in texts)
                {
                    writer.WriteStringValue(text);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStringValue(value.ToString());
                break;
        }
    }
}
