using System.Data.Common;
using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>What users see of the locks: checks what they ask for, names the key, and leaves the rest to the table of the open lease.</summary>
internal sealed class LockProvider(LeaseSession session, LockEngine engine, LockKeys keys) : ILockProvider, ITransactionLocks
{
    private volatile bool _refusing;

    /// <summary>How many handles are held.</summary>
    public int Held => engine.Table?.Held ?? 0;

    /// <summary>How many callers wait.</summary>
    public int Waiting => engine.Table?.Waiting ?? 0;

    /// <summary>From now on nobody gets a new lock; held ones stay valid.</summary>
    public void RefuseNew() => _refusing = true;

    // Neither method is async: the flow of the caller must learn of the claim before the first await (see Flow), and the
    // place in the queue is taken before it.

    /// <inheritdoc/>
    public ValueTask<ILockHandle> AcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default)
    {
        try
        {
            return Ask(name, ClaimTerms.Of(request, isTry: false), cancellationToken).Promise;
        }
        catch (Exception e)
        {
            return ValueTask.FromException<ILockHandle>(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ILockHandle?> TryAcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default)
    {
        try
        {
            return Ask(name, ClaimTerms.Of(request, isTry: true), cancellationToken).TryPromise;
        }
        catch (Exception e)
        {
            return ValueTask.FromException<ILockHandle?>(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ILockHandle> AcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default)
    {
        try
        {
            return new ValueTask<ILockHandle>(AskAll(names, ClaimTerms.Of(request, isTry: false), cancellationToken)!);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<ILockHandle>(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ILockHandle?> TryAcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default)
    {
        try
        {
            return new ValueTask<ILockHandle?>(AskAll(names, ClaimTerms.Of(request, isTry: true), cancellationToken));
        }
        catch (Exception e)
        {
            return ValueTask.FromException<ILockHandle?>(e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<LockStatus> InspectAsync(LockName name, CancellationToken cancellationToken = default)
    {
        var key = keys.KeyOf(name);
        cancellationToken.ThrowIfCancellationRequested();
        return engine.Table is { Lease.IsOpen: true } table
            ? await table.Inspector.InspectAsync(key, cancellationToken).ConfigureAwait(false)
            : throw session.Unavailable();
    }

    /// <inheritdoc/>
    public Task<bool> TryAcquireInTransactionAsync(DbTransaction transaction, LockName name, LockRequest request, CancellationToken cancellationToken)
    {
        var key = keys.KeyOf(name);
        var terms = ClaimTerms.Of(request, isTry: true);
        cancellationToken.ThrowIfCancellationRequested();
        if (terms.MaxHolders > 1)
        {
            throw new ArgumentException($"MaxHolders is {terms.MaxHolders}; a lock in a transaction has one holder. Use a handle from AcquireAsync.", nameof(request));
        }

        // The transaction is another session: the server would make it wait for ours, and our flow for it.
        return terms.Waits && Flow.FindInHands(key) is { } held
            ? throw new LockDeadlockException(name, $"Lock '{held.Name}' is held by the same async flow, by a handle; its transaction would wait for it for ever. Release the handle first.")
            : session.Backend.TryLockInTransactionAsync(transaction, key, terms.Mode, terms.Patience, cancellationToken);
    }

    private LockClaim Ask(LockName name, ClaimTerms terms, CancellationToken cancellationToken)
    {
        var key = keys.KeyOf(name);
        var table = OpenTable(name, cancellationToken);
        var claim = new LockClaim(table, name, key, terms, cancellationToken);
        Flow.Enter(claim);
        table.Ask(claim);
        claim.Arm(terms.Patience);
        return claim;
    }

    private Task<ILockHandle?> AskAll(IReadOnlyCollection<LockName> names, ClaimTerms terms, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);
        var wanted = LockSet.Wanted(names, keys);
        var set = new LockSet(OpenTable(wanted[0].Name, cancellationToken), wanted, terms, cancellationToken);
        Flow.Enter(set);
        return set.AcquireAsync();
    }

    private LockTable OpenTable(LockName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_refusing && session.State is not MembershipState.Left)
        {
            throw new CoordinationUnavailableException(
                $"Lock '{name}' was not granted: the host is stopping and takes no new locks. Held ones stay valid until requests have drained.");
        }

        return engine.Table is { Lease.IsOpen: true } table ? table : throw session.Unavailable();
    }
}
