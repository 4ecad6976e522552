namespace Coordination;

/// <summary>A held lock. Dispose it to release the lock; any thread may, and as often as it likes.</summary>
/// <remarks>
/// The server decides who holds the lock. The handle only knows how long the server's last answer may be believed:
/// <see cref="IsHeld"/> compares a clock with that deadline at every look, and <see cref="Lost"/> fires before the server
/// can grant the lock to somebody else for silence. A process that was frozen can still act after its lease; give
/// <see cref="Token"/> to whatever it writes to, so that the late write is refused.
/// </remarks>
public interface ILockHandle : IAsyncDisposable
{
    /// <summary>The name as it was asked for, without the group's prefix.</summary>
    LockName Name { get; }

    /// <summary>The number of this grant, greater than that of every earlier grant of the name; grants of other names may have the same.</summary>
    FencingToken Token { get; }

    /// <summary>
    /// Fires when the lock is lost before it was released. Live from birth, free to read, never throws, readable after dispose.
    /// A lock that was released in order does not fire it any more.
    /// </summary>
    CancellationToken Lost { get; }

    /// <summary>Whether the lock is not released, not lost, and the lease is not over. No I/O.</summary>
    bool IsHeld { get; }

    /// <summary>Asks the server once whether the lock is still held: one round trip, for the moment before an irreversible step.</summary>
    /// <param name="cancellationToken">Stops the waiting, not the lock.</param>
    /// <returns>True when the server confirmed it; false when the lock is released or lost.</returns>
    ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken = default);

    /// <summary>Releases the lock and tells whether it had been held until then. Never throws for a lock that is lost or released.</summary>
    /// <param name="cancellationToken">Stops the waiting for the server's answer; the release is done all the same.</param>
    /// <returns>The same answer for every call on one handle.</returns>
    ValueTask<ReleaseOutcome> ReleaseAsync(CancellationToken cancellationToken = default);
}
