namespace Coordination.Proxies;

/// <summary>Waits on the thread: for synchronous methods, which have nothing to await with. The only place that does.</summary>
internal static class Blocking
{
    /// <remarks>Nothing that is waited for here needs the caller's thread or its synchronization context to go on.</remarks>
    public static T Wait<T>(ValueTask<T> task) => task.IsCompletedSuccessfully ? task.Result : task.AsTask().ConfigureAwait(false).GetAwaiter().GetResult();
}
