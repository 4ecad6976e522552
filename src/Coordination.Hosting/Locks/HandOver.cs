namespace Coordination.Locks;

/// <summary>How long a process may pass a lock on among its own callers before it lets the server choose again. Pure.</summary>
/// <remarks>
/// Passing on costs no round trip, but the processes that wait at the server see nothing of it. So it is bounded by count and
/// by time, whichever comes first: sixteen times a long piece of work is not fair. Shared holders may be joined for longer,
/// because they do not wait for one another; the bound is what keeps a writer in another process from waiting for ever.
/// </remarks>
internal static class HandOver
{
    /// <summary>How many exclusive holders may follow one another on one grant of the server.</summary>
    public const int MostExclusive = 64;

    /// <summary>How many shared holders may use one grant of the server; below <see cref="Backends.Fence.Step"/>.</summary>
    public const int MostShared = 1000;

    private static readonly TimeSpan LongestExclusive = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestShared = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// So many holders before the last one the connection that keeps the lock is told: about as long before the end as it takes to wake
    /// a thread, where holders do nothing but hold. 32 of them took 45 µs, which was too short.
    /// </summary>
    public const int Notice = 48;

    /// <summary>Whether one more holder may use the server's grant.</summary>
    /// <param name="mode">How the server granted it.</param>
    /// <param name="grants">How many holders have used it.</param>
    /// <param name="age">How long ago the server granted it.</param>
    public static bool Allows(LockMode mode, int grants, TimeSpan age) => mode is LockMode.Shared
        ? grants < MostShared && age < LongestShared
        : grants < MostExclusive && age < LongestExclusive;
}
