using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>One name that somebody here holds or wants: who holds it, and who waits, first come, first served. Everything on it happens under the table's gate.</summary>
internal abstract class KeyEntry(LockTally tally)
{
    private ClaimList _queue;
    private ClaimList _holders;
    private int _impatient;

    public LockKey Key { get; protected set; }

    /// <summary>For how many holders callers use it; all of them say the same number.</summary>
    public abstract int MaxHolders { get; }

    /// <summary>Who waits here.</summary>
    public ClaimList Queue => _queue;

    /// <summary>Who holds it here.</summary>
    public ClaimList Holders => _holders;

    /// <summary>One more claim: decided at once, or put behind the others.</summary>
    public abstract void Admit(LockClaim claim, ref Effects effects);

    /// <summary>A holder gives it back. What was lost by the clock already is not released any more: whoever ends it finds the rest.</summary>
    public void Release(LockClaim claim, ref Effects effects)
    {
        if (claim.IsHeld)
        {
            GiveBack(claim, ref effects);
            return;
        }

        _holders.Remove(claim);
        claim.Lose();
        tally.AddHeld(-1);
        (effects.Lost, effects.Outcome) = (claim, ReleaseOutcome.WasLost);
        effects.Release(claim);
    }

    /// <summary>A claim leaves the queue.</summary>
    public void Withdraw(LockClaim claim, Action<LockClaim> refuse, ref Effects effects)
    {
        Dequeue(claim);
        refuse(claim);
        effects.Settle(claim);
        if (_queue.IsEmpty)
        {
            NobodyWaits(ref effects);
        }
    }

    /// <summary>Everybody in the queue is refused.</summary>
    public void RefuseAll(Func<Exception> cause, ref Effects effects)
    {
        while (_queue.First is { } claim)
        {
            Refuse(claim, cause(), ref effects);
        }
    }

    /// <summary>What held it is over, and everything that was taken on it.</summary>
    /// <param name="losers">Gets who held it.</param>
    public virtual void Lose(List<LockClaim> losers)
    {
        while (_holders.TakeFirst() is { } holder)
        {
            holder.Lose();
            tally.AddHeld(-1);
            losers.Add(holder);
        }
    }

    /// <summary>The key is busy: whoever does not wait is told so.</summary>
    public void RefuseImpatient(ref Effects effects)
    {
        for (var claim = _queue.First; claim is not null && _impatient > 0;)
        {
            var next = claim.Next;
            if (!claim.Terms.Waits)
            {
                Refuse(claim, cause: null, ref effects);
            }

            claim = next;
        }
    }

    /// <summary>A holder gives it back.</summary>
    protected abstract void GiveBack(LockClaim claim, ref Effects effects);

    /// <summary>The last one who waited has gone.</summary>
    protected abstract void NobodyWaits(ref Effects effects);

    /// <summary>Refuses what could never be granted, or not with what the others here say.</summary>
    protected bool IsRefused(LockClaim claim, ref Effects effects)
    {
        if (claim.Terms.MaxHolders != MaxHolders)
        {
            claim.Refuse(Refusals.Disagreement(claim.Name, claim.Terms.MaxHolders, MaxHolders, "this process"));
        }
        else if ((claim.Terms.Waits || claim.Terms.ThrowsWhenBusy) && Flow.FindSelfWait(claim) is { } selfWait)
        {
            claim.Refuse(selfWait);
        }
        else
        {
            return false;
        }

        effects.Settle(claim);
        return true;
    }

    protected void Enqueue(LockClaim claim)
    {
        claim.Entry = this;
        claim.Trace?.WaitsFor(_holders.First?.Trace);
        _queue.Add(claim);
        _impatient += claim.Terms.Waits ? 0 : 1;
        tally.AddWaiting(1);
    }

    protected void Dequeue(LockClaim claim)
    {
        _queue.Remove(claim);
        _impatient -= claim.Terms.Waits ? 0 : 1;
        tally.AddWaiting(-1);
    }

    /// <summary>The next one who may have it. Those who were cancelled fall out: their token has fired, and such a one never yields a handle.</summary>
    protected LockClaim? PeekNext(ref Effects effects)
    {
        while (_queue.First is { IsCancelled: true } claim)
        {
            Dequeue(claim);
            claim.RefuseCancelled();
            effects.Settle(claim);
        }

        return _queue.First;
    }

    /// <summary>It is the claim's; the caller has told it what it got.</summary>
    protected void Hold(LockClaim claim, ref Effects effects)
    {
        claim.Entry = this;
        _holders.Add(claim);
        tally.AddHeld(1);
        effects.Settle(claim);
    }

    /// <summary>It is the claim's no more.</summary>
    protected void LetGo(LockClaim claim)
    {
        _holders.Remove(claim);
        claim.GiveBack();
        tally.AddHeld(-1);
    }

    protected void Refuse(LockClaim claim, Exception? cause, ref Effects effects)
    {
        Dequeue(claim);
        claim.Refuse(cause);
        effects.Settle(claim);
    }
}
