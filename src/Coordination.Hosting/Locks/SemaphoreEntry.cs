using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>A lock with several holders that somebody here holds or wants.</summary>
/// <remarks>
/// It has as many places as holders, each a key of its own at the server. The server is asked for one place at a time, for the first
/// in the queue; a place that is given back goes to the next in the queue here, a bounded number of times, or back to the server.
/// </remarks>
internal sealed class SemaphoreEntry : KeyEntry
{
    private readonly LockTable _table;
    private readonly IReadOnlyList<LockKey> _places;
    private readonly List<HeldPlace> _held = [];
    private CancellationTokenSource? _waiting;
    private bool _isAsking;

    public SemaphoreEntry(LockTable table, LockTally tally, LockClaim first)
        : base(tally)
    {
        _table = table;
        Key = first.Key;
        MaxHolders = first.Terms.MaxHolders;
        _places = PlaceKeys.Of(first.Key, MaxHolders);
    }

    /// <inheritdoc/>
    public override int MaxHolders { get; }

    /// <summary>The keys of all its places.</summary>
    public IReadOnlyList<LockKey> Places => _places;

    /// <summary>The keys of those that this session neither holds nor is giving back: it never asks for what it has.</summary>
    public IReadOnlyList<LockKey> FreePlaces => [.. _places.Where(key => _held.TrueForAll(place => place.Key != key))];

    /// <summary>Whether others have been asked for how many holders they use this name.</summary>
    public bool IsChecked { get; set; }

    /// <summary>Nobody here holds it, wants it, or waits for an answer about it.</summary>
    public bool IsIdle => Queue.IsEmpty && _held.Count == 0 && !_isAsking;

    /// <inheritdoc/>
    public override void Admit(LockClaim claim, ref Effects effects)
    {
        if (IsRefused(claim, ref effects))
        {
            return;
        }

        // A wait at the server is not over at once when nobody needs it any more; whoever does not wait must not wait for that either.
        if (!claim.Terms.Waits && (!Queue.IsEmpty || _waiting is not null))
        {
            claim.Refuse(cause: null);
            effects.Settle(claim);
            return;
        }

        Enqueue(claim);
        Advance(ref effects);
    }

    /// <inheritdoc/>
    protected override void GiveBack(LockClaim claim, ref Effects effects)
    {
        LetGo(claim);
        var place = _held.Find(one => one.Holder == claim)!;

        // A part of a set is not passed on: the set's token is the greatest of its parts', and would be greater than the next one's here.
        if (!claim.Terms.IsPart && !Queue.IsEmpty
            && HandOver.Allows(LockMode.Exclusive, place.Grants, _table.Time.GetElapsedTime(place.GrantedAt)) && _table.Lease.IsOpen
            && PeekNext(ref effects) is { } next)
        {
            Give(place, next, ref effects);
            effects.Release(claim);
            return;
        }

        ReturnPlace(place, claim, ref effects);
    }

    /// <summary>The server has granted a place.</summary>
    public void Granted(PlaceGrant grant, ref Effects effects)
    {
        EndAsking();
        var place = new HeldPlace(grant.Place, grant.Token, _table.Time.GetTimestamp());
        _held.Add(place);
        if (PeekNext(ref effects) is { } next)
        {
            Give(place, next, ref effects);
        }
        else
        {
            ReturnPlace(place, releaser: null, ref effects);
        }

        Advance(ref effects);
    }

    /// <summary>All places are taken: whoever does not wait is told so, and for the others we stand in line.</summary>
    public void Busy(ref Effects effects)
    {
        EndAsking();
        RefuseImpatient(ref effects);
        if (!Queue.IsEmpty)
        {
            _isAsking = true;
            _waiting = new CancellationTokenSource();
            var ending = _waiting.Token;
            effects.Start += () => _ = _table.PlaceAnswers.WaitAsync(this, ending);
        }
    }

    /// <summary>The question was withdrawn, or has failed.</summary>
    public void EndAsking()
    {
        _isAsking = false;
        _waiting = null;
    }

    /// <summary>The server has a place back.</summary>
    public void Returned(HeldPlace place, ref Effects effects)
    {
        _held.Remove(place);
        effects.Release(place.Releaser);
        Advance(ref effects);
    }

    /// <summary>Asks the server for a place for the first in the queue, unless that has been done or all places are ours.</summary>
    public void Advance(ref Effects effects)
    {
        if (!_isAsking && !Queue.IsEmpty && _held.Count < _places.Count)
        {
            _isAsking = true;
            effects.Start += () => _ = _table.PlaceAnswers.TakeAsync(this);
        }
        else if (_held.Count == _places.Count)
        {
            RefuseImpatient(ref effects);
        }
    }

    /// <inheritdoc/>
    public override void Lose(List<LockClaim> losers)
    {
        base.Lose(losers);
        foreach (var place in _held)
        {
            place.Releaser?.TellReleased(ReleaseOutcome.WasLost);
        }

        _held.Clear();
    }

    /// <summary>Everybody who waits is told that others use this name with another number.</summary>
    public void RefuseDisagreeing(int others, ref Effects effects)
    {
        while (Queue.First is { } claim)
        {
            Refuse(claim, Refusals.Disagreement(claim.Name, MaxHolders, others, "another process"), ref effects);
        }
    }

    /// <inheritdoc/>
    protected override void NobodyWaits(ref Effects effects) => effects.Unwait = _waiting;

    private void Give(HeldPlace place, LockClaim claim, ref Effects effects)
    {
        Dequeue(claim);
        claim.Grant(place.Token + place.Grants++, home: null, _table.Time.GetTimestamp());
        place.Holder = claim;
        Hold(claim, ref effects);
        if (Queue.IsEmpty)
        {
            NobodyWaits(ref effects);
        }
    }

    private void ReturnPlace(HeldPlace place, LockClaim? releaser, ref Effects effects)
    {
        place.Holder = null;
        place.Releaser = releaser;
        effects.Post(new PlaceRelease(_table.PlaceAnswers, this, place));
    }
}
