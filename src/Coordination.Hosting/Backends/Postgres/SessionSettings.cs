using System.Globalization;

namespace Coordination.Backends.Postgres;

/// <summary>What every session of ours sets on itself, so that the server ends it in time and a role's own settings do no harm. Pure.</summary>
/// <remarks>
/// The measure of all is the lease, T. The client stops believing at 0.9 T after it sent the last beat that was answered. The
/// server must end the session soon after T, so that others may have its locks; and never before 0.9 T, not even when the
/// network is silent from one instant to the next. The server's clocks start no earlier than the client's.
/// </remarks>
internal static class SessionSettings
{
    /// <summary>Not every platform of the server can see that a client is gone while a statement runs.</summary>
    public const string ChecksConnection = "client_connection_check_interval";

    /// <summary>Read by the server functions; off while the server's queue of notifications is full.</summary>
    public const string Announce = "coordination.announce";

    /// <summary>How often the server looks whether the client of a waiting or working session is still there.</summary>
    public static readonly TimeSpan UsualCheck = TimeSpan.FromMilliseconds(100);

    /// <summary>The same for a watcher: a process that was killed is told from a broken session when its watcher is gone too.</summary>
    public static readonly TimeSpan WatcherCheck = TimeSpan.FromMilliseconds(50);

    private const int KeepaliveProbes = 3;

    /// <summary>Names and values, in the order in which they are to be set.</summary>
    /// <param name="lease">T.</param>
    /// <param name="majorVersion">The server's.</param>
    /// <param name="check">How often the server is to look for the client; null when its platform does not know <see cref="ChecksConnection"/>.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> For(TimeSpan lease, int majorVersion, TimeSpan? check)
    {
        var whole = Milliseconds(lease);
        List<KeyValuePair<string, string>> settings =
        [
            // A frozen or vanished client sends nothing: its locks are free after T.
            new("idle_session_timeout", whole),
            new("idle_in_transaction_session_timeout", whole),

            // The same for a session whose socket is full or unacknowledged, where the one above does not count. Not less than T:
            // on Linux it also bounds the keepalive probes, and a network that is silent for 0.8 T would cost the session and
            // its locks while the client still believes.
            new("tcp_user_timeout", whole),
            new("tcp_keepalives_idle", Seconds(KeepaliveIdle(lease))),
            new("tcp_keepalives_interval", Seconds(KeepaliveInterval(lease))),
            new("tcp_keepalives_count", Seconds(KeepaliveProbes)),

            // Nothing we ask for takes long; what does is given up while the lease is still ours.
            new("statement_timeout", Milliseconds(lease * 0.8)),
            new("lock_timeout", "0"),

            // Each statement must see what was committed before it, or nothing that a row lock decides is decided.
            new("default_transaction_isolation", "read committed"),

            // Lock statements draw from the fence sequence, whose log must not be waited for: what a crash forgets of it is
            // less than the durable jump of every session that opens. Changes of a group switch it on for themselves.
            new("synchronous_commit", "off"),

            // Compiling takes longer than any of our statements, and so does planning, of which no plan depends on the values: a range has
            // two bounds, or the server would take it for a third of the table (see Sql.ReadChanges).
            new("jit", "off"),
            new("plan_cache_mode", "force_generic_plan"),
            new("standard_conforming_strings", "on"),
            new("search_path", "pg_catalog, pg_temp"),
            new(Announce, "on"),
        ];
        if (majorVersion >= 17)
        {
            settings.Add(new("transaction_timeout", whole));
        }

        if (check is { } interval)
        {
            // Without it a session that waits or works does not notice that its process has died.
            settings.Add(new(ChecksConnection, Milliseconds(interval)));
        }

        return settings;
    }

    /// <summary>How long a connection is silent before the first probe, in seconds.</summary>
    public static int KeepaliveIdle(TimeSpan lease) => Math.Max(1, (int)Math.Ceiling(lease.TotalSeconds / 2));

    /// <summary>The time between two probes, in seconds; three of them and the silence before make T or more.</summary>
    public static int KeepaliveInterval(TimeSpan lease) => Math.Max(1, (int)Math.Ceiling(lease.TotalSeconds / 6));

    /// <summary>
    /// How long to try to connect, in seconds: a quarter of T leaves time for a second attempt before the grace is over. Who has never been
    /// there has nothing to lose, and comes with a whole fleet, whose members all pay again for each attempt that is given up: it has half of T.
    /// </summary>
    /// <param name="lease">T.</param>
    /// <param name="wished">The user's limit; 0 for none.</param>
    /// <param name="isFirst">Whether this process has had no session yet, and no other host to turn to.</param>
    public static int ConnectTimeout(TimeSpan lease, int wished, bool isFirst) =>
        Math.Min(wished > 0 ? wished : int.MaxValue, Math.Max(1, (int)(lease / (isFirst ? 2 : 4)).TotalSeconds));

    /// <summary>How long to wait for an answer, in seconds: longer than the server works on one, and than the lease lasts.</summary>
    public static int CommandTimeout(TimeSpan lease) => (int)Math.Ceiling(lease.TotalSeconds) + 1;

    private static string Milliseconds(TimeSpan time) => ((long)Math.Ceiling(time.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);

    private static string Seconds(int seconds) => seconds.ToString(CultureInfo.InvariantCulture);
}
