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
}
