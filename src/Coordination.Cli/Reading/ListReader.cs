using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Coordination.Connecting;
using Coordination.Shell;

namespace Coordination.Reading;

/// <summary>Reads a group and writes a list of it, once or at every change.</summary>
internal sealed class ListReader(Place place, IListing listing, OutputFormat format, Voice voice)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // The output is no web page: names in other scripts stay readable.
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<int> OnceAsync(CancellationToken cancellationToken)
    {
        var gate = Gate.To(place);
        await using var closing = gate.ConfigureAwait(false);
        var report = await gate.ReadAsync(cancellationToken).ConfigureAwait(false);
        voice.Results.Write(Write(report, Indented));
        if (format is OutputFormat.Table or OutputFormat.Wide)
        {
            TellWhatIsCutOff(report);
        }

        return ExitCodes.Success;
    }

    /// <summary>Writes it again whenever it has changed: tables with an empty line between, JSON as one line each. Until somebody stops it.</summary>
    public async Task<int> WatchAsync(CancellationToken cancellationToken)
    {
        var gate = Gate.To(place);
        await using var closing = gate.ConfigureAwait(false);
        string? last = null;
        string? fault = null;
        using var pause = new PeriodicTimer(Pause, TimeProvider.System);
        do
        {
            if (voice.IsUnheard)
            {
                return ExitCodes.Unheard; // with nobody to read it, and nothing that changes, it would go on for ever
            }

            try
            {
                var report = await gate.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (fault is not null)
                {
                    voice.Remark("The backend answers again; what was written last holds until something else is.");
                    fault = null;
                }

                var seen = Fingerprint(report);
                if (seen != last)
                {
                    voice.Results.Write((last is null || format is OutputFormat.Json or OutputFormat.Name ? string.Empty : "\n") + Write(report, OneLine));
                    await voice.Results.FlushAsync(cancellationToken).ConfigureAwait(false);
                    last = seen;
                }
            }
            catch (Exception e) when (last is not null && Faults.MayPass(e, out var said))
            {
                // It is back some time, and whoever watches wants to see that too. Once is enough: it may be away for a night.
                if (fault is null)
                {
                    voice.Remark($"{said} What was written last may be out of date; asking again.");
                }

                fault = said;
            }
        }
        while (await pause.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));

        return ExitCodes.Success;
    }

    // Ages go on; they are no change. Neither are heartbeats, until they are overdue.
    private string Fingerprint(GroupReport report)
    {
        var still = report with { Members = [.. report.Members.Select(member => member with { LastHeartbeat = HeardOf(member, report.ServerTime) })] };
        return format is OutputFormat.Name ? string.Join('\n', listing.Names(still)) : Json(still, OneLine);
    }

    private static DateTimeOffset HeardOf(MemberReport member, DateTimeOffset now) =>
        new Heartbeat(member.LastHeartbeat, member.OverdueAfter).IsLate(now) ? DateTimeOffset.UnixEpoch : default;

    private string Write(GroupReport report, JsonWriterOptions json) => format switch
    {
        OutputFormat.Json => Json(report, json) + "\n",
        OutputFormat.Name => Lines(listing.Names(report)),
        _ => Lines(PlainText.Columns(listing.Table(report, format is OutputFormat.Wide))),
    };

    private string Json(GroupReport report, JsonWriterOptions options)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, options))
        {
            listing.WriteJson(writer, report);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private void TellWhatIsCutOff(GroupReport report)
    {
        if ((listing == Listings.Locks && report.LockCount > report.Locks.Count) || (listing == Listings.Waiters && report.WaitCount > report.Waits.Count))
        {
            voice.Remark($"Shown are the oldest; there are {report.LockCount} locks and {report.WaitCount} waits.");
        }
    }

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(static line => line + "\n"));
}
