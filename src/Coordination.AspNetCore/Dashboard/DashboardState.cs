namespace Coordination.Dashboard;

/// <summary>What the page shows, made once for all who look.</summary>
internal sealed class DashboardState(ICoordinationInspector inspector, WaitTimes waits, TimeProvider time)
{
    /// <summary>The server may be away: what is known by itself must not wait for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private readonly Lock _gate = new();
    private GroupReport? _report;
    private DashboardFrame? _frame;

    /// <summary>The newest frame. Where the group cannot be read it has the last reading in it, and says what is wrong.</summary>
    public async Task<DashboardFrame> ReadAsync(CancellationToken cancellationToken)
    {
        waits.Start();
        GroupReport? report = null;
        string? error = null;
        try
        {
            report = await inspector.ReadAsync(cancellationToken).AsTask().WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (CoordinationException e)
        {
            error = e.Message;
        }
        catch (TimeoutException)
        {
            error = $"The backend has not answered for {Patience.TotalSeconds:0.#} s.";
        }

        lock (_gate)
        {
            var shown = report ?? _report;
            var isNew = report is not null && !ReferenceEquals(report, _report);
            _report = shown;
            return _frame = DashboardFrame.After(_frame, isNew, shown, inspector.Self, error, waits);
        }
    }
}
