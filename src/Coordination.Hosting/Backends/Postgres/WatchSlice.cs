namespace Coordination.Backends.Postgres;

/// <summary>How long the slices of watchers are. Pure.</summary>
/// <remarks>
/// A view reaches everybody within a slice, so slices are short where there are few watchers; and long enough that all watchers of a
/// group together ask the server not more than <see cref="MostStatements"/> times a second, as far as the longest slice allows.
/// </remarks>
internal static class WatchSlice
{
    /// <summary>Of all watchers of a group together, in a second.</summary>
    public const int MostStatements = 50;

    /// <summary>A process that died has let go of its watcher's key after so long: three of the server's looks at a client.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(150);

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(900);

    /// <summary>The longest slice at a server: a wait that outlives deadlock_timeout runs the server's deadlock check and may be logged.</summary>
    public static TimeSpan LongestFor(TimeSpan deadlockTimeout) => Least(Longest, deadlockTimeout * 0.9);

    /// <summary>The length for a group.</summary>
    /// <param name="members">How many it has; each has a watcher.</param>
    /// <param name="longest">What <see cref="LongestFor"/> said.</param>
    public static TimeSpan Of(int members, TimeSpan longest)
    {
        var fair = TimeSpan.FromSeconds(1) * members / MostStatements;
        return Least(longest, fair > Shortest ? fair : Shortest);
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
