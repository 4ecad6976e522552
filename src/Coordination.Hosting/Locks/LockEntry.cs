using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>
/// One key that somebody here holds or wants, and at the same time its one command on the way to the server: a second one
/// for the same key would be counted twice there. Used again for other keys. All fields are the table's, under its gate.
/// </summary>
internal sealed class LockEntry(LockTable table) : LockCommand
{
    public ClaimList Queue;

    public ClaimList Holders;

    public EntryPhase Phase { get; set; }

    /// <summary>The server's number for the grant in use; each holder gets this plus its place.</summary>
    public long GrantToken { get; set; }

    /// <summary>How many holders have used the server's grant.</summary>
    public int Grants { get; set; }

    /// <summary>When the server granted it.</summary>
    public long GrantedAt { get; set; }

    /// <summary>Whose release is on the way to the server.</summary>
    public LockClaim? Releaser { get; set; }

    /// <summary>Ends the waiting at the server when nobody here waits any more.</summary>
    public CancellationTokenSource? Waiting { get; set; }

    public void Begin(LockKey key) => Key = key;

    public void AskFor(LockMode mode)
    {
        Phase = EntryPhase.Trying;
        Mode = mode;
        IsRelease = false;
    }

    public void GiveBack(LockClaim? releaser)
    {
        Phase = EntryPhase.Releasing;
        Releaser = releaser;
        IsRelease = true;
    }

    /// <inheritdoc/>
    public override void Complete(long? result) => table.Answered(this, result);

    /// <inheritdoc/>
    public override void Fail(CoordinationException cause) => table.Failed(this, cause);
}
