using System.Data.Common;

namespace Coordination;

/// <summary>A lock provider that can tie a lock to a transaction of its caller.</summary>
internal interface ITransactionLocks
{
    /// <inheritdoc cref="LockProviderTransactionExtensions.TryAcquireInTransactionAsync"/>
    Task<bool> TryAcquireInTransactionAsync(DbTransaction transaction, LockName name, LockRequest request, CancellationToken cancellationToken);
}
