using System.Globalization;
using System.Text;

namespace Coordination.Backends.Postgres;

/// <summary>What each of our sessions sets on itself, so that a role's own settings cannot hurt us. Pure.</summary>
internal static class SessionSettings
{
    private const int LongestApplicationName = 63;

    /// <summary>The server's settings, with the reason for each that is not obvious.</summary>
    /// <param name="lease">The lease time.</param>
    /// <param name="serverVersion">The server's major version.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> For(TimeSpan lease, int serverVersion)
    {
        List<KeyValuePair<string, string>> settings =
        [
            // The server's side of the lease: a session that says nothing for so long is ended, and its locks with it.
            new("idle_session_timeout", Milliseconds(lease)),
            new("idle_in_transaction_session_timeout", Milliseconds(lease)),

            // In a silent network these end the session, and they must not do it before its owner has stopped believing, which is
            // 0.9 leases after its last answered beat was sent. Linux lets tcp_user_timeout decide for keepalive probes as well;
            // elsewhere idle + interval x count does. So both are the lease or more.
            new("tcp_user_timeout", Milliseconds(lease)),
            new("tcp_keepalives_idle", Seconds(lease / 2)),
            new("tcp_keepalives_interval", Seconds(lease / 6)),
            new("tcp_keepalives_count", "3"),
            new("statement_timeout", Milliseconds(lease * 0.8)),
            new("lock_timeout", "0"),
            new("default_transaction_isolation", "read committed"),
            new("default_transaction_read_only", "off"),

            // Lock statements log the fence sequence now and then and need not wait for the flush: every session first jumps far
            // ahead, durably. What changes the group switches back to what the role had, for its transaction.
            new("synchronous_commit", "off"),
            new("jit", "off"),
        ];
        if (serverVersion >= 17)
        {
            settings.Add(new("transaction_timeout", Milliseconds(lease)));
        }

        return settings;
    }

    /// <summary>Who we are in pg_stat_activity: at most 63 bytes, cut between characters.</summary>
    public static string ApplicationName(string group, string member)
    {
        var name = new StringBuilder();
        var bytes = 0;
        foreach (var rune in $"coordination/{group}/{member}".EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > LongestApplicationName)
            {
                break;
            }

            name.Append(rune.ToString());
        }

        return name.ToString();
    }

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => ((long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
