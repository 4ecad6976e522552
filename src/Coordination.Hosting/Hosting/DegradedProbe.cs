using Coordination.Diagnostics;
using Coordination.Sessions;
using Microsoft.Extensions.Logging;

namespace Coordination.Hosting;

/// <summary>Asks the application once a second whether it is degraded, and tells the group when the answer changes.</summary>
/// <param name="ask">The application's callback.</param>
/// <param name="session">Where it is published; kept for later joins when the backend is away.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it is written down.</param>
internal sealed class DegradedProbe(Func<string?>? ask, LeaseSession session, TimeProvider time, ILogger logger) : IDisposable
{
    private const int LongestReason = 200;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _over = new();
    private volatile string? _reason;
    private int _isStarted;

    /// <summary>Why this process is degraded; null when it is not.</summary>
    public string? Reason => _reason;

    /// <summary>Asks for the first time, so that a process that starts degraded joins as that, and goes on asking.</summary>
    public async Task StartAsync()
    {
        if (ask is null || Interlocked.Exchange(ref _isStarted, 1) != 0)
        {
            return;
        }

        Task first;
        using (ExecutionContext.SuppressFlow())
        {
            first = Task.Run(LookAsync);
            _ = Task.Run(() => GoOnAsync(first));
        }

        await first.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _over.Cancel();

    private async Task GoOnAsync(Task first)
    {
        await first.ConfigureAwait(false);
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_over.Token).ConfigureAwait(false))
            {
                await LookAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The membership is over.
        }
    }

    private async Task LookAsync()
    {
        var (before, now) = (_reason, Ask());
        if (before == now)
        {
            return;
        }

        _reason = now;
        try
        {
            if (now is null)
            {
                Log.NotDegraded(logger);
                await session.RetractAsync(Member.DegradedMetadata, before!, _over.Token).ConfigureAwait(false);
            }
            else
            {
                Log.Degraded(logger, now);
                await session.AnnounceAsync(Member.DegradedMetadata, now, _over.Token).ConfigureAwait(false);
            }
        }
        catch (CoordinationException)
        {
            // Not joined, or the connection is away: it goes with the next join or attach.
        }
    }

    private string? Ask()
    {
        string? reason;
        try
        {
            reason = ask!();
        }
        catch (Exception e)
        {
            // Who cannot tell how well it is is not well.
            reason = $"The Degraded callback failed: {e.Message}";
        }

        if (string.IsNullOrWhiteSpace(reason))
        {
            return null;
        }

        // It is text for people, on its way into every view: what no view can carry must not keep the fact itself back.
        var text = new string([.. reason.Take(LongestReason).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)]).Trim();
        return text.Length > 0 ? text : "degraded";
    }
}
