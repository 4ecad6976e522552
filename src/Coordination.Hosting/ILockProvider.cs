namespace Coordination;

/// <summary>Locks that exclude each other among all processes of the group, or of all groups with the same lock prefix.</summary>
/// <remarks>
/// <para>First come, first served within a process: the place in the queue is taken when the method is called. Among processes
/// the server's queue decides.</para>
/// <para>Not re-entrant: asking again for a name that the same async flow holds throws <see cref="LockDeadlockException"/> at
/// once instead of waiting for itself.</para>
/// </remarks>
public interface ILockProvider
{
    /// <summary>Waits until the lock is granted.</summary>
    /// <param name="name">The lock.</param>
    /// <param name="request">How to ask; by default exclusively and without a limit of time.</param>
    /// <param name="cancellationToken">Stops the waiting; a cancelled call never yields a handle and leaves nothing behind.</param>
    /// <returns>The handle; dispose it to release the lock.</returns>
    /// <exception cref="LockTimeoutException">The lock was not granted within <see cref="LockRequest.Timeout"/>.</exception>
    /// <exception cref="LockDeadlockException">The same flow holds the lock already.</exception>
    /// <exception cref="CoordinationUnavailableException">Not started, stopping, stopped, or the backend is away.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time that is negative or too long, or an unknown mode.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<ILockHandle> AcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default);

    /// <summary>Takes the lock if it is free; waits only if <see cref="LockRequest.Timeout"/> is given.</summary>
    /// <param name="name">The lock.</param>
    /// <param name="request">How to ask.</param>
    /// <param name="cancellationToken">Stops the waiting; a cancelled call never yields a handle and leaves nothing behind.</param>
    /// <returns>The handle, or null when the lock is busy.</returns>
    /// <exception cref="LockDeadlockException">The call would wait, and the same flow holds the lock already.</exception>
    /// <exception cref="CoordinationUnavailableException">Not started, stopping, stopped, or the backend is away.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time that is negative or too long, or an unknown mode.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<ILockHandle?> TryAcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default);

    /// <summary>Waits until all the locks are granted: all of them or none, without a deadlock among those who ask in this way.</summary>
    /// <param name="names">The locks, in any order; duplicates count once. At least one.</param>
    /// <param name="request">How to ask for each of them; the timeout is for all of them together.</param>
    /// <param name="cancellationToken">Stops the waiting; a cancelled call never yields a handle and leaves nothing behind.</param>
    /// <returns>
    /// One handle for all of them: lost when one is lost, released together. Its name is theirs, joined; its token is greater than every
    /// earlier and smaller than every later one of each of them.
    /// </returns>
    /// <exception cref="LockTimeoutException">Not all of them were granted within <see cref="LockRequest.Timeout"/>; names the one that was missing.</exception>
    /// <exception cref="LockDeadlockException">The same flow holds one of the locks already.</exception>
    /// <exception cref="CoordinationUnavailableException">Not started, stopping, stopped, or the backend is away.</exception>
    /// <exception cref="ArgumentException">No names, or an empty one.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<ILockHandle> AcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default);

    /// <summary>Takes all the locks if all are free; waits only if <see cref="LockRequest.Timeout"/> is given.</summary>
    /// <param name="names">The locks, in any order; duplicates count once. At least one.</param>
    /// <param name="request">How to ask for each of them; the timeout is for all of them together.</param>
    /// <param name="cancellationToken">Stops the waiting; a cancelled call never yields a handle and leaves nothing behind.</param>
    /// <returns>One handle for all of them, or null when one is busy: then none is held.</returns>
    /// <exception cref="LockDeadlockException">The call would wait, and the same flow holds one of the locks already.</exception>
    /// <exception cref="CoordinationUnavailableException">Not started, stopping, stopped, or the backend is away.</exception>
    /// <exception cref="ArgumentException">No names, or an empty one.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<ILockHandle?> TryAcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default);

    /// <summary>Who holds the lock and how many wait for it. One round trip; for people, never to decide anything.</summary>
    /// <param name="name">The lock.</param>
    /// <param name="cancellationToken">Stops the waiting for the answer.</param>
    /// <returns>What is known at this instant.</returns>
    /// <exception cref="CoordinationUnavailableException">Not started, stopped, or the backend is away.</exception>
    ValueTask<LockStatus> InspectAsync(LockName name, CancellationToken cancellationToken = default);
}
