using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>An ordinary lock that somebody here holds or wants: exclusive or shared. Used again for other keys.</summary>
internal sealed class LockEntry : KeyEntry
{
    private readonly LockTable _table;
    private readonly EntryCommands _commands;
    private LockMode _mode;
    private ServerGrant _grant;
    private object? _extension;
    private bool _isAsking;

    public LockEntry(LockTable table, LockTally tally)
        : base(tally)
    {
        _table = table;
        _commands = new EntryCommands(table.Answers, this);
    }

    /// <inheritdoc/>
    public override int MaxHolders => 1;

    /// <summary>How it was granted, or is being asked for.</summary>
    public LockMode Mode => _mode;

    public EntryPhase Phase { get; private set; }

    /// <summary>The connection that keeps the key; null while it is the session. Also while its release is on the way, and until the next grant.</summary>
    public HomeLease? Home { get; private set; }

    /// <summary>Whose release is on the way to the server.</summary>
    public LockClaim? Releaser { get; private set; }

    /// <summary>Ends the waiting at the server when nobody here waits any more.</summary>
    public CancellationTokenSource? Waiting { get; private set; }

    /// <summary>
    /// Nobody here holds it or wants it any more, and the server's answer is on the way: whoever wanted it was cancelled, or has
    /// just released it. That is not yet busy, so even a caller who does not wait may have the answer.
    /// </summary>
    private bool IsUndecided => Phase is EntryPhase.Trying or EntryPhase.Releasing && Queue.IsEmpty && Holders.IsEmpty;

    /// <summary>Begins with a first claim, which the server is asked for.</summary>
    public void Begin(LockClaim claim, ref Effects effects)
    {
        Key = claim.Key;
        Home = null;
        Enqueue(claim);
        AskServer(ref effects);
    }

    /// <summary>Nobody here has anything to do with the key any more: an answer that is still on its way must not be taken for one to a later question.</summary>
    public void Reset() => (Phase, Home, Waiting, _extension) = (EntryPhase.Trying, null, null, null);

    /// <inheritdoc/>
    public override void Admit(LockClaim claim, ref Effects effects)
    {
        // A flow that would wait for itself is told before a shared holder is looked for to join: whether that may be joined
        // depends on its age, and the same program must not work in one run and fail in the next.
        if (IsRefused(claim, ref effects))
        {
            return;
        }

        if (MayJoin(claim))
        {
            Grant(claim, _table.Time.GetTimestamp(), ref effects);
        }
        else if (MayExtend(claim))
        {
            Enqueue(claim);
            Extend(ref effects);
        }
        else if (!claim.Terms.Waits && !IsUndecided && !MayShareTheAnswer(claim))
        {
            claim.Refuse(cause: null);
            effects.Settle(claim);
        }
        else
        {
            Enqueue(claim);
            if (Phase is EntryPhase.Releasing && Home is null && Queue.First == claim && _commands.MayFollow)
            {
                _commands.Follow(Key, claim.Terms.Mode, ref effects);
            }
        }
    }

    /// <summary>Asks for what the first in the queue wants.</summary>
    public void AskServer(ref Effects effects)
    {
        Ask(EntryPhase.Trying);
        _commands.Try(Key, _mode, ref effects);
    }

    /// <summary>The release is answered: whether the server has been asked already for those who want the key next.</summary>
    public bool IsAskedBehind()
    {
        if (!_commands.Follows(out var mode))
        {
            return false;
        }

        (Phase, _mode) = (EntryPhase.Trying, mode);
        return true;
    }

    /// <summary>Whether the try that was answered is no answer for the first in the queue, who wants the key otherwise than whoever it was posted for.</summary>
    public bool IsAskedOtherwise => Queue.First is { } first && first.Terms.Mode != _mode;

    /// <summary>The key is held elsewhere: stands in the server's line for the first in the queue.</summary>
    /// <returns>False when nobody wants it any more.</returns>
    public bool StandInLine(ref Effects effects)
    {
        if (Queue.IsEmpty)
        {
            return false;
        }

        Ask(EntryPhase.Waiting);
        Waiting = new CancellationTokenSource();
        effects.Wait(this);
        return true;
    }

    /// <summary>The waiting at the server is over, one way or another.</summary>
    public void EndWaiting() => Waiting = null;

    /// <summary>The server granted it.</summary>
    public void Granted(long token, HomeLease? home, ref Effects effects)
    {
        Phase = EntryPhase.Held;
        Home = home;
        _grant = new ServerGrant(token, _table.Time.GetTimestamp());
        if (GrantQueue(_grant.GrantedAt, ref effects))
        {
            RefuseImpatient(ref effects);
        }
        else
        {
            ReturnKey(releaser: null, ref effects); // nobody waits any more, or only somebody who wants more than was granted: it is asked anew
        }
    }

    /// <summary>The server's answer to whether more may share the key.</summary>
    /// <param name="question">Which question it answers.</param>
    /// <param name="token">The token of those to come; null when somebody waits for the key elsewhere.</param>
    /// <param name="effects">What follows.</param>
    /// <returns>Whether to ask once more after a while: somebody here still wants to share it.</returns>
    public bool Extended(object question, long? token, ref Effects effects)
    {
        if (_extension != question || Phase is not EntryPhase.Held || _mode is not LockMode.Shared)
        {
            return false;
        }

        if (token is { } fresh)
        {
            _grant = new ServerGrant(fresh, _table.Time.GetTimestamp());
            GrantQueue(_grant.GrantedAt, ref effects);
        }

        _isAsking = false;
        RefuseImpatient(ref effects);
        _extension = Queue.First is { Terms.Mode: LockMode.Shared } ? question : null;
        return _extension is not null;
    }

    /// <summary>A holder gives it back: to the others who share it, to the next in the queue, or to the server.</summary>
    protected override void GiveBack(LockClaim claim, ref Effects effects)
    {
        LetGo(claim);
        if (!Holders.IsEmpty || (!claim.Terms.IsPart && PassOn(ref effects)))
        {
            effects.Release(claim);
            effects.Expecting = _grant.Holders == HandOver.MostExclusive - HandOver.Notice ? Home : null;
        }
        else
        {
            ReturnKey(claim, ref effects);
        }
    }

    /// <summary>The server has it back.</summary>
    public LockClaim? TakeReleaser()
    {
        (var releaser, Releaser) = (Releaser, null);
        return releaser;
    }

    /// <inheritdoc/>
    public override void Lose(List<LockClaim> losers)
    {
        base.Lose(losers);

        // An unlock that was under way: whether it came before the end nobody knows, so it is not called a release.
        TakeReleaser()?.TellReleased(ReleaseOutcome.WasLost);
    }

    /// <inheritdoc/>
    protected override void NobodyWaits(ref Effects effects)
    {
        if (Phase is EntryPhase.Waiting)
        {
            effects.Unwait = Waiting;
        }
    }

    // Whoever asks anew needs no leave to share any more: one that came later would let a reader in beside a writer.
    private void Ask(EntryPhase phase) => (Phase, _mode, _extension) = (phase, Queue.First!.Terms.Mode, null);

    /// <summary>Whether a shared claim may use the grant that shared holders here have.</summary>
    private bool MayJoin(LockClaim claim) =>
        Phase is EntryPhase.Held
        && _mode is LockMode.Shared
        && claim.Terms.Mode is LockMode.Shared
        && Queue.IsEmpty
        && Home is not { IsOpen: false }
        && _grant.Allows(LockMode.Shared, _table.Time, _table.Time.GetTimestamp());

    /// <summary>
    /// Whether the shared grant that is too old to be joined may be renewed: it may when nobody waits for the key in another process. Nobody
    /// here may either, except those who want to share it too.
    /// </summary>
    private bool MayExtend(LockClaim claim) =>
        Phase is EntryPhase.Held
        && _mode is LockMode.Shared
        && claim.Terms.Mode is LockMode.Shared
        && (_extension is null ? Queue.IsEmpty : Queue.Last is { Terms.Mode: LockMode.Shared } && (claim.Terms.Waits || _isAsking))
        && Home is not { IsOpen: false };

    /// <summary>Whether the question that is on its way is for a shared lock, and its answer good for this claim as well.</summary>
    private bool MayShareTheAnswer(LockClaim claim) =>
        Phase is EntryPhase.Trying && _mode is LockMode.Shared && claim.Terms.Mode is LockMode.Shared && Queue.Last is { Terms.Mode: LockMode.Shared };

    private void Extend(ref Effects effects)
    {
        if (_extension is null)
        {
            var question = new object();
            (_extension, _isAsking) = (question, true);
            effects.Start += () => _ = _table.Answers.ExtendAsync(this, question);
        }
    }

    private void Grant(LockClaim claim, long now, ref Effects effects)
    {
        _grant.Give(claim, Home, now);
        Hold(claim, ref effects);
    }

    private void ReturnKey(LockClaim? releaser, ref Effects effects)
    {
        Phase = EntryPhase.Releasing;
        _extension = null;
        Releaser = releaser;
        if (Home is { } home)
        {
            effects.AtHome = new HomeRelease(_table, this, home);
        }
        else
        {
            _commands.Release(Key, _mode, isPosted: _table.PostsReleases && releaser is not null, ref effects);
        }
    }

    // Mostly nobody waits, and the looks at the clocks would be a good part of what a release costs.
    private bool PassOn(ref Effects effects) =>
        !Queue.IsEmpty
        && _table.Time.GetTimestamp() is var now && _grant.Allows(_mode, _table.Time, now)
        && _table.Lease.IsOpen && Home is not { IsOpen: false }
        && GrantQueue(now, ref effects);

    /// <summary>Grants to the first in the queue, and to those right behind it that tolerate it.</summary>
    private bool GrantQueue(long now, ref Effects effects)
    {
        var granted = false;
        while (PeekNext(ref effects) is { } claim)
        {
            var exclusive = claim.Terms.Mode is LockMode.Exclusive;
            if ((exclusive && (granted || _mode is LockMode.Shared)) || _grant.Holders >= HandOver.MostShared)
            {
                break;
            }

            Dequeue(claim);
            Grant(claim, now, ref effects);
            granted = true;
            if (exclusive)
            {
                break;
            }
        }

        return granted;
    }
}
