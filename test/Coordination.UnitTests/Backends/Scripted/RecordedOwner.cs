using Coordination.Sessions;

namespace Coordination.UnitTests.Backends.Scripted;

/// <summary>An owner of locks that only notes when leases open and close.</summary>
internal sealed class RecordedOwner(Journal journal) : ILockOwner
{
    /// <summary>What goes wrong when a lease is to be used.</summary>
    public Exception? Refusal { get; set; }

    public void Opened(LiveLease lease)
    {
        if (Refusal is { } refusal)
        {
            throw refusal;
        }

        journal.Write($"locks of session {lease.Session.MemberNumber} opened");
    }

    public void Closed(LiveLease lease) => journal.Write($"locks of session {lease.Session.MemberNumber} closed");

    public void HomeClosed(LiveLease lease, HomeLease home, string reason) => journal.Write($"home closed: {reason}");
}
