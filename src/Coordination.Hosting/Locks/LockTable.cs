using Coordination.Backends;
using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>Who in this process holds or wants which key, for as long as one lease lives.</summary>
/// <remarks>
/// This is correctness, not speed: the server's locks are re-entrant, it says yes to a second caller of one session. So it
/// sees one contender per key: the first in the queue here. Keyed by the final bits, not by names, so that two names with
/// one key exclude each other here as they do at the server. Everything is decided under one gate and told outside it.
/// </remarks>
internal sealed class LockTable(LiveLease lease, LockContext context)
{
    private const int MostSpare = 1024;

    private readonly Dictionary<LockKey, KeyEntry> _entries = [];
    private readonly Stack<LockEntry> _spare = [];
    private readonly LockTally _tally = new();

    /// <summary>Everything is decided under it; nothing but memory is touched under it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Under the gate: whether the lease is over.</summary>
    public bool IsLost { get; private set; }

    /// <summary>
    /// Under the gate: nothing that the server says counts any more. The clock may know that before anybody was told: an answer that lay
    /// in the socket of a process that was frozen is as void as one that comes after the loss.
    /// </summary>
    public bool IsOver => IsLost || !Lease.IsOpen;

    /// <summary>Under the gate: every key that somebody here holds or wants.</summary>
    public IReadOnlyDictionary<LockKey, KeyEntry> Entries => _entries;

    public ServerAnswers Answers => field ??= new ServerAnswers(this);

    public PlaceAnswers PlaceAnswers => field ??= new PlaceAnswers(this);

    public LockInspector Inspector => field ??= new LockInspector(this, context);

    public LiveLease Lease { get; } = lease;

    public TimeProvider Time => context.Time;

    public LockJournal Journal => context.Journal;

    public bool PostsReleases => context.PostsReleases;

    public int Held => _tally.Held;

    public int Waiting => _tally.Waiting;

    /// <summary>Puts a claim into the queue of its key. Decides at once whatever needs no answer of the server.</summary>
    public void Ask(LockClaim claim)
    {
        Journal.Asked(claim);
        var effects = default(Effects);
        lock (Gate)
        {
            Ask(claim, ref effects);
        }

        Run(effects);
    }

    /// <summary>The same for several; what has to be asked of the server goes there in one round trip.</summary>
    public void Ask(IReadOnlyList<LockClaim> claims)
    {
        foreach (var claim in claims)
        {
            Journal.Asked(claim);
        }

        var effects = default(Effects);
        lock (Gate)
        {
            foreach (var claim in claims)
            {
                Ask(claim, ref effects);
            }
        }

        Run(effects);
    }

    /// <summary>A caller stops waiting, by its token or by its clock.</summary>
    public void Withdraw(LockClaim claim, bool cancelled)
    {
        var effects = default(Effects);
        lock (Gate)
        {
            if (claim.State is not ClaimState.Waiting || claim.Entry is not { } entry)
            {
                return;
            }

            if (cancelled)
            {
                entry.Withdraw(claim, static one => one.RefuseCancelled(), ref effects);
            }
            else
            {
                entry.Withdraw(claim, static one => one.Refuse(cause: null), ref effects);
            }
        }

        Run(effects);
    }

    /// <summary>A claim that still waits is refused for a reason that has nothing to do with its key.</summary>
    public void Refuse(LockClaim claim, LockDeadlockException cause)
    {
        var effects = default(Effects);
        lock (Gate)
        {
            if (claim is { State: ClaimState.Waiting, Entry: { } entry })
            {
                entry.Withdraw(claim, one => one.Refuse(cause), ref effects);
            }
        }

        Run(effects);
    }

    /// <summary>Gives up one claim of every deadlock between flows of this process.</summary>
    /// <param name="atLeast">How long a claim must have been waiting.</param>
    public void BreakDeadlocks(TimeSpan atLeast)
    {
        List<(LockClaim Victim, LockDeadlockException Error)> found;
        lock (Gate)
        {
            found = LocalDeadlocks.Find(_entries.Values, claim => Age(claim) >= atLeast);
        }

        foreach (var (victim, error) in found)
        {
            Refuse(victim, error);
        }
    }

    /// <summary>A holder gives its lock back; further calls for the same claim do nothing.</summary>
    public void Release(LockClaim claim)
    {
        var effects = default(Effects);
        lock (Gate)
        {
            if (claim.State is ClaimState.Held)
            {
                claim.Entry!.Release(claim, ref effects);
            }
            else if (claim.State is ClaimState.Lost)
            {
                effects.Outcome = ReleaseOutcome.WasLost;
                effects.Release(claim);
            }
            else
            {
                return; // released before: the first call's outcome is everybody's
            }
        }

        Run(effects);
        if (effects.Lost is { } lost)
        {
            var reason = Lease.Ending ?? "The lease was over by the clock when it was given back.";
            Journal.TellLost(lost, reason); // whoever ends the lease does not find it any more
            Journal.Lost.Add([lost], reason);
        }
        else if (claim.State is ClaimState.Released)
        {
            Journal.Released(claim);
        }
    }

    /// <summary>The lease is over: everybody is told, the holders first.</summary>
    public void Lose()
    {
        List<LockClaim> losers = [];
        var effects = default(Effects);
        lock (Gate)
        {
            if (IsLost)
            {
                return;
            }

            IsLost = true;
            foreach (var entry in _entries.Values)
            {
                entry.Lose(losers);
                entry.RefuseAll(() => Refusals.LeaseOver(Lease), ref effects);
            }

            _entries.Clear();
        }

        LossNotice.Send(losers, Lease.Ending ?? string.Empty, Journal);
        Journal.Lost.Add(losers, Lease.Ending ?? string.Empty);
        Run(effects);
    }

    /// <summary>A handle was collected without having been disposed. The lock stays held until the lease ends.</summary>
    public void Dropped(LockClaim claim)
    {
        if (claim.State is ClaimState.Held && Lease.Ending is null)
        {
            Journal.Dropped(claim);
        }
    }

    /// <summary>Carries out, outside the gate, what was decided under it.</summary>
    public void Run(in Effects effects)
    {
        effects.PostTo(Lease.Session);
        effects.Expecting?.Home.Expect();
        if (effects.AtHome is { } release)
        {
            release.Home.Home.Post(release);
        }

        effects.Unwait?.Cancel();
        effects.Begin(Answers);

        // Last, because it goes to other people's code: a context of theirs that refuses the word must keep nobody else from theirs.
        effects.Tell(Journal);
    }

    /// <summary>How long it has been waiting, or been held.</summary>
    public TimeSpan Age(LockClaim claim) => Time.GetElapsedTime(claim.State is ClaimState.Waiting ? claim.AskedAt : claim.GrantedAt);

    // Everything below is called under the gate.

    private void Ask(LockClaim claim, ref Effects effects)
    {
        if (IsLost)
        {
            claim.Refuse(Refusals.LeaseOver(Lease));
            effects.Settle(claim);
        }
        else if (_entries.TryGetValue(claim.Key, out var entry))
        {
            entry.Admit(claim, ref effects);
        }
        else if (_entries.Count >= Lease.Session.MostLocks)
        {
            claim.Refuse(Refusals.TooMany(claim.Name, _entries.Count));
            effects.Settle(claim);
        }
        else if (claim.Terms.MaxHolders > 1)
        {
            var semaphore = new SemaphoreEntry(this, _tally, claim);
            _entries.Add(claim.Key, semaphore);
            semaphore.Admit(claim, ref effects);
        }
        else
        {
            var fresh = _spare.TryPop(out var spare) ? spare : new LockEntry(this, _tally);
            _entries.Add(claim.Key, fresh);
            fresh.Begin(claim, ref effects);
        }
    }

    /// <summary>Nobody here holds the key: asks for it for whoever waits.</summary>
    public void GoOn(LockEntry entry, ref Effects effects)
    {
        if (entry.Queue.IsEmpty)
        {
            Forget(entry);
        }
        else
        {
            entry.AskServer(ref effects);
        }
    }

    /// <summary>Nobody here holds or wants the key.</summary>
    public void Forget(KeyEntry entry)
    {
        _entries.Remove(entry.Key);
        if (entry is LockEntry again)
        {
            again.Reset();
            if (_spare.Count < MostSpare)
            {
                _spare.Push(again);
            }
        }
    }
}
