using Coordination.Backends;
using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>Who in this process holds or wants which key, for as long as one lease lives.</summary>
/// <remarks>
/// This is correctness, not speed: the server's locks are re-entrant, it says yes to a second caller of one session. So it
/// sees one contender per key: the first in the queue here. Keyed by the final bits, not by names, so that two names with
/// one key exclude each other here as they do at the server. Everything is decided under one gate and told outside it.
/// </remarks>
internal sealed class LockTable(LiveLease lease, TimeProvider time, LockJournal journal)
{
    private const int MostSpare = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<LockKey, LockEntry> _entries = [];
    private readonly Stack<LockEntry> _spare = [];
    private bool _lost;
    private readonly LockTally _tally = new();

    public LiveLease Lease { get; } = lease;

    public TimeProvider Time { get; } = time;

    public LockJournal Journal { get; } = journal;

    public int Held => _tally.Held;

    public int Waiting => _tally.Waiting;

    /// <summary>Puts a claim into the queue of its key. Decides at once whatever needs no answer of the server.</summary>
    public void Ask(LockClaim claim)
    {
        var effects = default(Effects);
        lock (_gate)
        {
            Ask(claim, ref effects);
        }

        Run(effects);
    }

    /// <summary>The same for several; what has to be asked of the server goes there in one round trip.</summary>
    public void Ask(IReadOnlyList<LockClaim> claims)
    {
        var effects = default(Effects);
        lock (_gate)
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
        lock (_gate)
        {
            if (claim.State is not ClaimState.Waiting || claim.Entry is not { } entry)
            {
                return;
            }

            entry.Dequeue(claim);
            if (cancelled)
            {
                claim.RefuseCancelled();
            }
            else
            {
                claim.Refuse(cause: null);
            }

            effects.Settle(claim);
            if (entry.Phase is EntryPhase.Waiting && entry.Queue.IsEmpty)
            {
                effects.Unwait = entry.Waiting;
            }
        }

        Run(effects);
    }

    /// <summary>A holder gives its lock back; further calls for the same claim do nothing.</summary>
    public void Release(LockClaim claim)
    {
        var effects = default(Effects);
        lock (_gate)
        {
            if (claim.State is ClaimState.Lost)
            {
                claim.TellReleased(ReleaseOutcome.WasLost);
                return;
            }

            if (claim.State is not ClaimState.Held)
            {
                return; // released before: the first call's outcome is everybody's
            }

            var entry = claim.Entry!;
            entry.Release(claim, ref effects);
        }

        Run(effects);
        Journal.Released(claim);
    }

    /// <summary>The server's answer to the command of an entry.</summary>
    public void Answered(LockEntry entry, long? result)
    {
        var effects = default(Effects);
        lock (_gate)
        {
            if (_lost)
            {
                return; // everybody has been told; the locks ended with the session
            }

            if (entry.Phase is EntryPhase.Releasing)
            {
                effects.Released = entry.TakeReleaser();
                effects.Outcome = result == 1 ? ReleaseOutcome.Released : ReleaseOutcome.WasLost;
                GoOn(entry, ref effects);
            }
            else if (result is { } token)
            {
                entry.Granted(token, ref effects);
            }
            else
            {
                entry.RefuseImpatient(ref effects);
                if (!entry.StandInLine(ref effects))
                {
                    Forget(entry);
                }
            }
        }

        Run(effects);
    }

    /// <summary>The server could not carry out the command of an entry; nothing is held by it.</summary>
    public void Failed(LockEntry entry, CoordinationException cause)
    {
        var effects = default(Effects);
        lock (_gate)
        {
            if (_lost)
            {
                return;
            }

            entry.EndWaiting();
            entry.RefuseAll(() => cause, ref effects);
            effects.Released = entry.TakeReleaser();
            GoOn(entry, ref effects);
        }

        Run(effects);
    }

    /// <summary>The lease is over: everybody is told, the holders first.</summary>
    public void Lose()
    {
        List<LockClaim> losers = [];
        var effects = default(Effects);
        lock (_gate)
        {
            if (_lost)
            {
                return;
            }

            _lost = true;
            foreach (var entry in _entries.Values)
            {
                entry.Lose(losers, LeaseOver, ref effects);
            }

            _entries.Clear();
        }

        LossNotice.Send(losers, Lease.Ending ?? string.Empty, Journal.Logger);
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

    private void Run(in Effects effects)
    {
        effects.PostTo(Lease.Session);
        effects.Released?.TellReleased(effects.Outcome);
        effects.TellSettled();
        effects.Unwait?.Cancel();
        if (effects.Wait is { } entry)
        {
            _ = WaitAtServerAsync(entry, entry.Waiting!);
        }
    }

    private async Task WaitAtServerAsync(LockEntry entry, CancellationTokenSource waiting)
    {
        try
        {
            var token = await Lease.Session.WaitAsync(entry.Key, entry.Mode, waiting.Token).ConfigureAwait(false);
            Waited(entry, token);
        }
        catch (Exception e)
        {
            // Whatever it was: a key that nobody waits for at the server any more would hold up its callers for ever.
            Failed(entry, e as CoordinationException ?? new CoordinationException($"The lock was not granted: the wait for it failed. {e.Message}", e));
        }
    }

    private void Waited(LockEntry entry, long? token)
    {
        var effects = default(Effects);
        lock (_gate)
        {
            if (_lost)
            {
                return;
            }

            entry.EndWaiting();
            if (token is { } granted)
            {
                entry.Granted(granted, ref effects);
            }
            else
            {
                GoOn(entry, ref effects); // cancelled; somebody may have come since
            }
        }

        Run(effects);
    }

    // Everything below is called under the gate.

    private void Ask(LockClaim claim, ref Effects effects)
    {
        if (_lost)
        {
            claim.Refuse(LeaseOver());
            effects.Settle(claim);
        }
        else if (!_entries.TryGetValue(claim.Key, out var entry))
        {
            entry = _spare.TryPop(out var spare) ? spare : new LockEntry(this, _tally);
            entry.Begin(claim.Key);
            _entries.Add(claim.Key, entry);
            entry.Enqueue(claim);
            entry.AskServer(ref effects);
        }
        else
        {
            entry.Admit(claim, ref effects);
        }
    }

    private void GoOn(LockEntry entry, ref Effects effects)
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

    private void Forget(LockEntry entry)
    {
        _entries.Remove(entry.Key);
        if (_spare.Count < MostSpare)
        {
            _spare.Push(entry);
        }
    }

    private CoordinationUnavailableException LeaseOver() => new(
        $"The lock was not granted, because the session that asked for it is over. {Lease.Ending} Ask again when the health check says Healthy.");
}
