namespace Coordination.Backends.Files;

/// <summary>A wait of this session for a key, or for a place of a lock with several holders. Used by the session's thread only.</summary>
internal abstract class FileWait(LockKey key)
{
    public LockKey Key { get; } = key;

    /// <summary>Where it stands in line; 0 before it does, and when it is over.</summary>
    public int Line { get; set; }

    public bool IsOver { get; set; }

    /// <summary>
    /// The next look is one inside the mutex, whatever can be seen from outside: who should have served the line may have been killed, or left behind, on the way.
    /// </summary>
    public abstract void LookAgain();

    /// <summary>Looks without the mutex.</summary>
    /// <returns>Whether it may have ended.</returns>
    public abstract bool MayBeServed(Folder folder);

    /// <summary>Looks inside the mutex, and takes what it is granted.</summary>
    /// <returns>Whether it has ended.</returns>
    public abstract bool TrySettle(FileRoster roster, Folder folder);

    /// <summary>Leaves the line, inside the mutex. A grant that came first stands.</summary>
    public abstract void Withdraw(FileRoster roster);

    /// <summary>Tells whoever waits, outside the mutex.</summary>
    public abstract void Tell();

    public abstract void Fail(Exception cause);
}
