using Coordination.Backends;
using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>
/// One key that somebody here holds or wants, and at the same time its one command on the way to the server: a second one
/// for the same key would be counted twice there. Used again for other keys. Everything on it happens under the table's gate.
/// </summary>
internal sealed class LockEntry(LockTable table, LockTally tally) : LockCommand
{
    private ClaimList _queue;
    private ClaimList _holders;
    private long _grantToken;
    private int _grants;
    private long _grantedAt;

    /// <summary>Who waits here, first come, first served.</summary>
    public ClaimList Queue => _queue;

    /// <summary>Who holds it here.</summary>
    public ClaimList Holders => _holders;

    public EntryPhase Phase { get; private set; }

    /// <summary>The connection that keeps the key; null while it is the session. Also while its release is on the way, and until the next grant.</summary>
    public HomeLease? Home { get; private set; }

    /// <summary>Whose release is on the way to the server.</summary>
    public LockClaim? Releaser { get; private set; }

    /// <summary>What is posted together with it, behind it.</summary>
    public LockEntry? NextPosted { get; set; }

    /// <summary>Ends the waiting at the server when nobody here waits any more.</summary>
    public CancellationTokenSource? Waiting { get; private set; }

    /// <summary>
    /// Nobody here holds it or wants it any more, and the server's answer is on the way: whoever wanted it was cancelled, or has
    /// just released it. That is not yet busy, so even a caller who does not wait may have the answer.
    /// </summary>
    private bool IsUndecided => Phase is EntryPhase.Trying or EntryPhase.Releasing && _queue.IsEmpty && _holders.IsEmpty;

    public void Begin(LockKey key)
    {
        Key = key;
        Home = null;
    }

    public void Enqueue(LockClaim claim)
    {
        claim.Entry = this;
        _queue.Add(claim);
        tally.AddWaiting(1);
    }

    public void Dequeue(LockClaim claim)
    {
        _queue.Remove(claim);
        tally.AddWaiting(-1);
    }

    /// <summary>One more claim on a key that somebody here holds or wants already: decided at once, or put behind the others.</summary>
    public void Admit(LockClaim claim, ref Effects effects)
    {
        if ((claim.Terms.Waits || claim.Terms.ThrowsWhenBusy) && Flow.FindSelfWait(claim) is { } selfWait)
        {
            // Before a shared holder is looked for to join: whether that may be joined depends on its age, and the same
            // program must not work in one run and fail in the next.
            claim.Refuse(selfWait);
            effects.Settle(claim);
        }
        else if (MayJoin(claim))
        {
            Grant(claim, ref effects);
        }
        else if (!claim.Terms.Waits && !IsUndecided)
        {
            claim.Refuse(cause: null);
            effects.Settle(claim);
        }
        else
        {
            Enqueue(claim);
        }
    }

    /// <summary>A claim leaves the queue.</summary>
    public void Withdraw(LockClaim claim, Action<LockClaim> refuse, ref Effects effects)
    {
        Dequeue(claim);
        refuse(claim);
        effects.Settle(claim);
        if (Phase is EntryPhase.Waiting && _queue.IsEmpty)
        {
            effects.Unwait = Waiting;
        }
    }

    /// <summary>Whether a shared claim may use the grant that shared holders here have.</summary>
    private bool MayJoin(LockClaim claim) =>
        Phase is EntryPhase.Held
        && Mode is LockMode.Shared
        && claim.Terms.Mode is LockMode.Shared
        && _queue.IsEmpty
        && Home is not { IsOpen: false }
        && HandOver.Allows(LockMode.Shared, _grants, table.Time.GetElapsedTime(_grantedAt));

    /// <summary>Asks for what the first in the queue wants.</summary>
    public void AskServer(ref Effects effects)
    {
        Ask(EntryPhase.Trying);
        effects.Post(this);
    }

    /// <summary>The key is held elsewhere: stands in the server's line for the first in the queue.</summary>
    /// <returns>False when nobody wants it any more.</returns>
    public bool StandInLine(ref Effects effects)
    {
        if (_queue.IsEmpty)
        {
            return false;
        }

        Ask(EntryPhase.Waiting);
        Waiting = new CancellationTokenSource();
        effects.Wait = this;
        return true;
    }

    /// <summary>The waiting at the server is over, one way or another.</summary>
    public void EndWaiting() => Waiting = null;

    /// <summary>The server granted it.</summary>
    public void Granted(long token, HomeLease? home, ref Effects effects)
    {
        Phase = EntryPhase.Held;
        Home = home;
        _grantToken = token;
        _grants = 0;
        _grantedAt = table.Time.GetTimestamp();
        if (!GrantQueue(ref effects))
        {
            GiveBack(releaser: null, ref effects); // nobody waits any more, or only somebody who wants more than was granted
        }
    }

    private void Grant(LockClaim claim, ref Effects effects)
    {
        claim.Entry = this;
        _holders.Add(claim);
        claim.Grant(_grantToken + _grants++, Home, table.Time.GetTimestamp());
        tally.AddHeld(1);
        effects.Settle(claim);
    }

    /// <summary>A holder gives it back: to the others who share it, to the next in the queue, or to the server.</summary>
    public void Release(LockClaim claim, ref Effects effects)
    {
        _holders.Remove(claim);
        claim.GiveBack();
        tally.AddHeld(-1);
        if (!_holders.IsEmpty || (!claim.Terms.IsPart && PassOn(ref effects)))
        {
            effects.Released = claim;
        }
        else
        {
            GiveBack(claim, ref effects);
        }
    }

    /// <summary>The server has it back.</summary>
    public LockClaim? TakeReleaser()
    {
        var releaser = Releaser;
        Releaser = null;
        return releaser;
    }

    /// <summary>The key is busy: whoever does not wait is told so.</summary>
    public void RefuseImpatient(ref Effects effects)
    {
        // Only the first can be one: whoever does not wait is let into an empty queue only.
        if (_queue.First is { Terms.Waits: false } claim)
        {
            Refuse(claim, cause: null, ref effects);
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
    public void Lose(List<LockClaim> losers)
    {
        while (_holders.TakeFirst() is { } holder)
        {
            holder.Lose();
            tally.AddHeld(-1);
            losers.Add(holder);
        }

        // An unlock that was under way: whether it came before the end nobody knows, so it is not called a release.
        TakeReleaser()?.TellReleased(ReleaseOutcome.WasLost);
    }

    /// <inheritdoc/>
    public override void Complete(long? result) => table.Answers.Answered(this, result);

    /// <inheritdoc/>
    public override void Fail(CoordinationException cause) => table.Answers.Failed(this, cause);

    private void Ask(EntryPhase phase)
    {
        Phase = phase;
        Mode = _queue.First!.Terms.Mode;
        IsRelease = false;
    }

    private void GiveBack(LockClaim? releaser, ref Effects effects)
    {
        Phase = EntryPhase.Releasing;
        Releaser = releaser;
        if (Home is { } home)
        {
            effects.AtHome = new HomeRelease(table, this, home);
        }
        else
        {
            IsRelease = true;
            effects.Post(this);
        }
    }

    private bool PassOn(ref Effects effects) =>
        HandOver.Allows(Mode, _grants, table.Time.GetElapsedTime(_grantedAt))
        && table.Lease.IsOpen && Home is not { IsOpen: false }
        && GrantQueue(ref effects);

    /// <summary>Grants to the first in the queue, and to those right behind it that tolerate it.</summary>
    private bool GrantQueue(ref Effects effects)
    {
        var granted = false;
        while (_queue.First is { } claim)
        {
            if (claim.IsCancelled)
            {
                // Its token has fired and the withdrawal is on its way to this gate: a cancelled token never yields a handle.
                Dequeue(claim);
                claim.RefuseCancelled();
                effects.Settle(claim);
                continue;
            }

            var exclusive = claim.Terms.Mode is LockMode.Exclusive;
            if ((exclusive && (granted || Mode is LockMode.Shared)) || _grants >= HandOver.MostShared)
            {
                break;
            }

            Dequeue(claim);
            Grant(claim, ref effects);
            granted = true;
            if (exclusive)
            {
                break;
            }
        }

        return granted;
    }

    private void Refuse(LockClaim claim, Exception? cause, ref Effects effects)
    {
        Dequeue(claim);
        claim.Refuse(cause);
        effects.Settle(claim);
    }
}
