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
}
