namespace Coordination.Diagnostics;

/// <summary>What the observable instruments show of a membership. Asked by whoever collects, on any thread; no I/O.</summary>
internal interface ITelemetrySource
{
    int LocksHeld { get; }

    int LocksWaiting { get; }

    int Members { get; }

    /// <summary>Whether this process is the group's leader.</summary>
    bool Leads { get; }

    /// <summary>Since the last answered heartbeat was sent; null while there is no session.</summary>
    TimeSpan? HeartbeatAge { get; }
}
