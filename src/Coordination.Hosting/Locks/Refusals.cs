using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>Why a lock is not granted, for whoever asked.</summary>
internal static class Refusals
{
    public static CoordinationException TooMany(LockName name, int count) => new(
        $"Lock '{name}' was not granted: this process holds or wants {count} locks already, the share of the server's lock table that one process may use. " +
        "Hold fewer at a time, or raise max_locks_per_transaction on the server (it needs a restart).");

    public static CoordinationUnavailableException LeaseOver(LiveLease lease) => new(
        $"The lock was not granted, because the session that asked for it is over. {lease.Ending} Ask again when the health check says Healthy.");

    public static CoordinationConfigurationException Disagreement(LockName name, int wanted, int others, string where) => new(
        $"Lock '{name}' is asked for with MaxHolders = {wanted}, but {where} uses it with MaxHolders = {others} now. " +
        "All callers of one name must name the same number: correct one of them, or use another name.");
}
