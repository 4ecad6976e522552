namespace Coordination.Sessions;

/// <summary>Who takes locks on the lease and answers for them.</summary>
internal interface ILockOwner
{
    /// <summary>A lease is open: locks may be taken on it.</summary>
    void Opened(LiveLease lease);

    /// <summary>
    /// The lease is over: whatever was taken on it is lost, and every holder is told before this process asks the server for
    /// anything else. Called once for each lease, from the thread that noticed; must not run user code on it.
    /// </summary>
    void Closed(LiveLease lease);

    /// <summary>
    /// A connection that kept a lock is over, while the lease goes on: that lock is lost, and its holders are told before this returns.
    /// Called once for each connection, from the thread that noticed.
    /// </summary>
    void HomeClosed(LiveLease lease, HomeLease home, string reason);
}
