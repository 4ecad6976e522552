using System.Globalization;
using Coordination.Backends.Postgres;

namespace Coordination.Operating;

/// <summary>What figures of a server mean. Pure.</summary>
internal static class Readings
{
    private const int FewConnections = 10;
    private const int UsualDeadlockTimeout = 1000;
    private const int TripsInALease = 40;

    private static readonly TimeSpan MuchApart = TimeSpan.FromSeconds(2);

    public static IEnumerable<Finding> Of(ServerCapacity capacity, long lockRoom, long locksTaken, TimeSpan trip, TimeSpan offset, TimeSpan leaseTime) =>
    [
        Connections(capacity),
        Locks(lockRoom, locksTaken),
        Timeouts(capacity),
        Queue(capacity),
        Trip(trip, leaseTime),
        Clock(offset),
    ];

    private static Finding Connections(ServerCapacity capacity)
    {
        // Never more than there are: who may not see everything is told the least.
        var free = Say($"{(capacity.IsFreeGuessed ? "At least " : string.Empty)}{Math.Max(capacity.FreeConnections, 0)} of {capacity.MostConnections} are free{(capacity.IsFreeGuessed ? " (only a member of pg_read_all_stats sees exactly)" : string.Empty)}");
        return capacity.FreeConnections switch
        {
            <= 2 => new("connections", capacity.IsFreeGuessed ? Verdict.Warning : Verdict.Fault, $"{free}; a replica takes 2, and more while it waits for locks. Raise max_connections, or use fewer elsewhere."),
            < FewConnections => new("connections", Verdict.Warning, $"{free}; a replica takes 2 to 10. Raise max_connections, or use fewer elsewhere."),
            _ => new("connections", Verdict.Good, $"{free}."),
        };
    }

    private static Finding Locks(long room, long taken) => taken > room / 2
        ? new("lock table", Verdict.Warning, Say($"{taken} of about {room} places are taken; a full one refuses every new connection. Raise max_locks_per_transaction, or hold fewer locks at a time."))
        : new("lock table", Verdict.Good, Say($"{taken} of about {room} places are taken."));

    private static Finding Timeouts(ServerCapacity capacity) => capacity.DeadlockMilliseconds < UsualDeadlockTimeout
        ? new("timeouts", Verdict.Warning, Say($"deadlock_timeout is {capacity.DeadlockMilliseconds} ms: waits are cut into slices of nine tenths of it, so there are more statements. Leave it at 1 s or above."))
        : new("timeouts", Verdict.Good, Say($"The session may set its own; deadlock_timeout is {capacity.DeadlockMilliseconds} ms."));

    private static Finding Queue(ServerCapacity capacity) => capacity.QueueUsage > 0.5
        ? new("notify", Verdict.Warning, Say($"The queue of notifications is full to {capacity.QueueUsage:P0}: somebody listens inside a transaction that does not end. Look for it in pg_stat_activity; views are late, and not lost."))
        : new("notify", Verdict.Good, "The queue of notifications has room.");

    private static Finding Trip(TimeSpan trip, TimeSpan lease) => trip > lease / TripsInALease
        ? new("round trip", Verdict.Warning, Say($"{trip.TotalMilliseconds:0.0} ms, more than a {TripsInALease}th of a lease of {lease.TotalSeconds:0.#} s. Raise LeaseTime."))
        : new("round trip", Verdict.Good, Say($"{trip.TotalMilliseconds:0.0} ms."));

    private static Finding Clock(TimeSpan offset) => offset.Duration() > MuchApart
        ? new("clocks", Verdict.Warning, Say($"The server's is {offset.TotalSeconds:+0.0;-0.0} s from ours. Nothing depends on it, but times in lists and logs do not match. Synchronise them."))
        : new("clocks", Verdict.Good, Say($"The server's is {offset.TotalSeconds:+0.000;-0.000} s from ours."));

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
