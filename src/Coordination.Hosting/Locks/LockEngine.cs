using Coordination.Sessions;
using Microsoft.Extensions.Logging;

namespace Coordination.Locks;

/// <summary>Gives every lease a lock table of its own: locks do not outlive the session that took them.</summary>
internal sealed class LockEngine(TimeProvider time, ILogger logger) : ILockOwner
{
    private volatile LockTable? _table;

    /// <summary>The table of the newest lease; null before the first.</summary>
    public LockTable? Table => _table;

    /// <inheritdoc/>
    public void Opened(LiveLease lease)
    {
        var table = new LockTable(lease, time, logger);
        _table = table;
        if (lease.Ending is not null)
        {
            table.Lose(); // it ended while it was being handed to us, and Closed has not seen this table
        }
    }

    /// <inheritdoc/>
    public void Closed(LiveLease lease)
    {
        if (_table is { } table && table.Lease == lease)
        {
            table.Lose();
        }
    }
}
