using Npgsql;

namespace Coordination;

/// <summary>Locks that end with a transaction of the caller's own.</summary>
public static class LockProviderTransactionExtensions
{
    /// <summary>
    /// Takes the lock in the caller's transaction: it excludes handles of the same name everywhere, needs no dispose, and is free when the
    /// transaction ends, whichever way. What is written in the transaction cannot come too late: it is committed or rolled back under the lock.
    /// </summary>
    /// <remarks>
    /// One round trip when it does not wait. A wait that is over leaves the transaction usable and its own timeouts as they were. The lock has
    /// no fencing token, and locks of a transaction are not part of what <see cref="ILockProvider"/> knows about deadlocks; the server itself
    /// finds those between transactions.
    /// </remarks>
    /// <param name="locks">The locks.</param>
    /// <param name="transaction">An open transaction on the database in which the group lives.</param>
    /// <param name="name">The lock.</param>
    /// <param name="request">How to ask; without a timeout it does not wait. One holder only.</param>
    /// <param name="cancellationToken">Stops the waiting, within about a second; the transaction stays usable. A lock that was granted in that instant ends with it.</param>
    /// <returns>Whether the transaction holds the lock now.</returns>
    /// <exception cref="ArgumentException">The transaction is on another database, is over, or the request asks for several holders.</exception>
    /// <exception cref="LockDeadlockException">The call would wait, and the same async flow holds the lock by a handle.</exception>
    /// <exception cref="NotSupportedException">The provider is not the one that AddCoordination registers, or its backend has no transactions.</exception>
    public static Task<bool> TryAcquireInTransactionAsync(
        this ILockProvider locks,
        NpgsqlTransaction transaction,
        LockName name,
        LockRequest request = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(locks);
        ArgumentNullException.ThrowIfNull(transaction);
        return locks is ITransactionLocks known
            ? known.TryAcquireInTransactionAsync(transaction, name, request, cancellationToken)
            : throw new NotSupportedException(
                $"{locks.GetType().Name} cannot take locks in a transaction: only the provider that AddCoordination registers knows the keys. Use that one, or a transaction-free double.");
    }
}
