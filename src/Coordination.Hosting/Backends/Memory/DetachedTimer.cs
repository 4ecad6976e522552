namespace Coordination.Backends.Memory;

/// <summary>Timers that belong to no request: they must not carry the activity or the culture of whoever happened to start them.</summary>
internal static class DetachedTimer
{
    public static ITimer Create(TimeProvider time, Action callback, TimeSpan due)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return Start();
        }

        using (ExecutionContext.SuppressFlow())
        {
            return Start();
        }

        ITimer Start() => time.CreateTimer(static state => ((Action)state!)(), callback, due, Timeout.InfiniteTimeSpan);
    }
}
