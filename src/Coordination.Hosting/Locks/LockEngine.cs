using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>Gives every lease a lock table of its own: locks do not outlive the session that took them.</summary>
internal sealed class LockEngine(LockContext context) : ILockOwner
{
    private LockTable? _table;
    private LockBoard? _board;

    /// <summary>The table of the newest lease; null before the first.</summary>
    public LockTable? Table => Volatile.Read(ref _table);

    /// <inheritdoc/>
    public void Opened(LiveLease lease)
    {
        var table = new LockTable(lease, context);

        // A full fence: the table must be seen before we look whether the lease has ended. Else both we and Closed, which ends
        // the lease first and looks for the table then, could miss each other, and this table would never hear of the loss.
        Interlocked.Exchange(ref _table, table);
        Interlocked.Exchange(ref _board, new LockBoard(table, context))?.Dispose();
        if (lease.Ending is not null)
        {
            Interlocked.Exchange(ref _board, null)?.Dispose();
            table.Lose(); // it ended while it was being handed to us, and Closed has not seen this table
        }
    }

    /// <inheritdoc/>
    public void Closed(LiveLease lease)
    {
        if (Table is { } table && table.Lease == lease)
        {
            Interlocked.Exchange(ref _board, null)?.Dispose();
            table.Lose();
        }
    }

    /// <inheritdoc/>
    public void HomeClosed(LiveLease lease, HomeLease home, string reason)
    {
        if (Table is { } table && table.Lease == lease)
        {
            table.Answers.HomeLost(home, reason);
        }
    }
}
