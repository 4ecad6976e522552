using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>Several locks that are asked for, held and released as one.</summary>
/// <remarks>
/// First all of them are tried together, in one round trip. If one is busy, those that come before it in the order of the keys are
/// kept, the rest is given back, and from there on they are waited for one after the other in that order. Everybody takes them in
/// the same order, so nobody can hold what somebody waits for who holds what he waits for.
/// </remarks>
internal sealed class LockSet(LockTable table, IReadOnlyList<WantedLock> wanted, ClaimTerms terms, CancellationToken cancellationToken) : FlowNode
{
    private readonly ILockHandle?[] _handles = new ILockHandle?[wanted.Count];
    private readonly LockClaim?[] _claims = new LockClaim?[wanted.Count];
    private readonly long _askedAt = table.Time.GetTimestamp();
    private volatile bool _isOver;

    /// <inheritdoc/>
    public override bool IsOver => _isOver;

    /// <summary>The distinct keys in their order.</summary>
    /// <exception cref="ArgumentException">No names, or the default one.</exception>
    public static IReadOnlyList<WantedLock> Wanted(IReadOnlyCollection<LockName> names, LockKeys keys)
    {
        List<WantedLock> wanted = [.. names.Select(name => new WantedLock(name, keys.KeyOf(name))).DistinctBy(one => one.Key).OrderBy(one => one.Key)];
        return wanted.Count > 0 ? wanted : throw new ArgumentException("No lock names are given; at least one is needed.", nameof(names));
    }

    /// <inheritdoc/>
    public override LockClaim? FindInHands(LockTable inTable, LockKey key)
    {
        foreach (var claim in _claims)
        {
            if (claim?.FindInHands(inTable, key) is { } held)
            {
                return held;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override IEnumerable<LockClaim> InHands() => _claims.OfType<LockClaim>().Where(claim => claim.IsInHands);

    /// <summary>Takes all of them.</summary>
    /// <returns>Null when that was not to be and the terms say so.</returns>
    public async Task<ILockHandle?> AcquireAsync()
    {
        var taken = false;
        try
        {
            var missing = await TakeAsync().ConfigureAwait(false);
            taken = missing is null;
            if (taken)
            {
                return new LockSetHandle([.. _handles.Select(handle => handle!)], Over);
            }

            await GiveBackAsync(from: 0).ConfigureAwait(false); // before anybody is asked who has the missing one
            return terms.ThrowsWhenBusy ? throw await TimeoutAsync(wanted[missing!.Value]).ConfigureAwait(false) : null;
        }
        finally
        {
            if (!taken)
            {
                await GiveBackAsync(from: 0).ConfigureAwait(false);
                Over();
            }
        }
    }

    /// <returns>The place of the one that could not be had in time; null when all are held.</returns>
    private async Task<int?> TakeAsync()
    {
        var busy = await TryAllAsync().ConfigureAwait(false);
        if (busy == wanted.Count)
        {
            return null;
        }

        if (!terms.Waits)
        {
            return busy;
        }

        await GiveBackAsync(busy).ConfigureAwait(false);
        for (var i = busy; i < wanted.Count; i++)
        {
            if (!await WaitForAsync(i).ConfigureAwait(false))
            {
                return i;
            }
        }

        return null;
    }

    /// <summary>All at once, without waiting.</summary>
    /// <returns>The place of the first that is busy; the count when none is.</returns>
    private async Task<int> TryAllAsync()
    {
        var tries = terms with { Patience = TimeSpan.Zero, ThrowsWhenBusy = false, IsPart = true };
        for (var i = 0; i < wanted.Count; i++)
        {
            _claims[i] = NewClaim(i, tries);
            if ((terms.Waits || terms.ThrowsWhenBusy) && Flow.FindSelfWait(_claims[i]!) is { } selfWait)
            {
                throw selfWait;
            }
        }

        table.Ask(_claims!);
        foreach (var claim in _claims)
        {
            claim!.Arm(terms.Waits ? terms.Patience : null);
        }

        var busy = wanted.Count;
        Exception? failure = null;
        for (var i = 0; i < wanted.Count; i++)
        {
            try
            {
                // Every answer is awaited, also after a failure: what is granted meanwhile must be given back.
                _handles[i] = await _claims[i]!.TryPromise.ConfigureAwait(false);
                busy = _handles[i] is null && i < busy ? i : busy;
            }
            catch (Exception e)
            {
                failure ??= e;
            }
        }

        return failure is null ? busy : throw failure;
    }

    private async Task<bool> WaitForAsync(int i)
    {
        TimeSpan? left = terms.Patience is { } patience ? patience - table.Time.GetElapsedTime(_askedAt) : null;
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        var claim = NewClaim(i, terms with { Patience = left, ThrowsWhenBusy = false, IsPart = true });
        _claims[i] = claim;
        table.Ask(claim);
        claim.Arm(left);
        return (_handles[i] = await claim.TryPromise.ConfigureAwait(false)) is not null;
    }

    // What comes before it in the flow is the set itself, and through it whatever the caller holds.
    private LockClaim NewClaim(int i, ClaimTerms itsTerms) => new(table, wanted[i].Name, wanted[i].Key, itsTerms, cancellationToken) { Outer = this };

    private async Task GiveBackAsync(int from)
    {
        List<Task> done = [];
        for (var i = from; i < wanted.Count; i++)
        {
            if (_handles[i] is { } handle)
            {
                _handles[i] = null;
                done.Add(handle.DisposeAsync().AsTask());
            }
        }

        await Task.WhenAll(done).ConfigureAwait(false);
    }

    private async Task<LockTimeoutException> TimeoutAsync(WantedLock missing)
    {
        var waited = table.Time.GetElapsedTime(_askedAt);
        return new LockTimeoutException(missing.Name, waited, await table.Inspector.FindHolderAsync(missing.Key).ConfigureAwait(false));
    }

    private void Over() => _isOver = true;
}
