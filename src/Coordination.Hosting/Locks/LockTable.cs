using Coordination.Backends;
using Coordination.Diagnostics;
using Coordination.Sessions;
using Microsoft.Extensions.Logging;

namespace Coordination.Locks;

/// <summary>Who in this process holds or wants which key, for as long as one lease lives.</summary>
/// <remarks>
/// This is correctness, not speed: the server's locks are re-entrant, it says yes to a second caller of one session. So it
/// sees one contender per key: the first in the queue here. Keyed by the final bits, not by names, so that two names with
/// one key exclude each other here as they do at the server. Everything is decided under one gate and told outside it.
/// </remarks>
internal sealed class LockTable(LiveLease lease, TimeProvider time, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<LockKey, LockEntry> _entries = [];
    private readonly Stack<LockEntry> _spare = [];
    private bool _lost;
    private int _held;
    private int _waiting;

    public LiveLease Lease { get; } = lease;

    public TimeProvider Time { get; } = time;

    public int Held => Volatile.Read(ref _held);

    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Puts a claim into the queue of its key. Decides at once whatever needs no answer of the server.</summary>
    public void Ask(LockClaim claim)
    {
        var effects = default(Effects);
        lock (_gate)
        {
            if (_lost)
            {
                claim.Refuse(LeaseOver());
                effects.Settle(claim);
            }
            else if (!_entries.TryGetValue(claim.Key, out var entry))
            {
                entry = _spare.TryPop(out var spare) ? spare : new LockEntry(this);
                entry.Begin(claim.Key);
                _entries.Add(claim.Key, entry);
                Enqueue(entry, claim);
                AskServer(entry, ref effects);
            }
            else if (MayJoin(entry, claim))
            {
                claim.Entry = entry;
                Grant(entry, claim, ref effects);
            }
            else if (!claim.Terms.Waits || Flow.FindSelfWait(claim) is not null)
            {
                claim.Refuse(claim.Terms.Waits || claim.Terms.ThrowsWhenBusy ? Flow.FindSelfWait(claim) : null);
                effects.Settle(claim);
            }
            else
            {
                Enqueue(entry, claim);
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

            Dequeue(entry, claim);
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
            entry.Holders.Remove(claim);
            claim.GiveBack();
            Volatile.Write(ref _held, _held - 1);
            if (!entry.Holders.IsEmpty || PassOn(entry, ref effects))
            {
                effects.Released = claim;
            }
            else
            {
                entry.GiveBack(claim);
                effects.Post = entry;
            }
        }

        Run(effects);
        LogReleased(claim);
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
                effects.Released = entry.Releaser;
                effects.Outcome = result == 1 ? ReleaseOutcome.Released : ReleaseOutcome.WasLost;
                entry.Releaser = null;
                GoOn(entry, ref effects);
            }
            else if (result is { } token)
            {
                Granted(entry, token, ref effects);
            }
            else
            {
                RefuseImpatient(entry, ref effects);
                StandInLine(entry, ref effects);
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

            while (entry.Queue.First is { } claim)
            {
                Dequeue(entry, claim);
                claim.Refuse(cause);
                effects.Settle(claim);
            }

            effects.Released = entry.Releaser;
            entry.Releaser = null;
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
                LoseUnderGate(entry, losers, ref effects);
            }

            _entries.Clear();
            Volatile.Write(ref _held, 0);
            Volatile.Write(ref _waiting, 0);
        }

        LossNotice.Send(losers, Lease.Ending ?? string.Empty, logger);
        Run(effects);
    }

    /// <summary>One round trip that proves the session alive.</summary>
    public async ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Lease.Session.BeatAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            return answer.Standing is Standing.Good && Lease.IsOpen;
        }
        catch (CoordinationException)
        {
            return false; // no answer, no proof; the loss itself is told by the session
        }
    }

    public void LogAcquired(LockClaim claim)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.LockAcquired(logger, claim.Name, claim.Token, Time.GetElapsedTime(claim.AskedAt, claim.GrantedAt));
        }
    }

    private void LogReleased(LockClaim claim)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.LockReleased(logger, claim.Name, claim.Token, Time.GetElapsedTime(claim.GrantedAt));
        }
    }

    private void Run(in Effects effects)
    {
        if (effects.Post is { } command)
        {
            Lease.Session.Post(command);
        }

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
        catch (CoordinationException e)
        {
            Failed(entry, e);
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

            entry.Waiting = null;
            if (token is { } granted)
            {
                Granted(entry, granted, ref effects);
            }
            else
            {
                GoOn(entry, ref effects); // cancelled; somebody may have come since
            }
        }

        Run(effects);
    }

    // Everything below is called under the gate.

    private void Enqueue(LockEntry entry, LockClaim claim)
    {
        claim.Entry = entry;
        entry.Queue.Add(claim);
        Volatile.Write(ref _waiting, _waiting + 1);
    }

    private void Dequeue(LockEntry entry, LockClaim claim)
    {
        entry.Queue.Remove(claim);
        Volatile.Write(ref _waiting, _waiting - 1);
    }

    private bool MayJoin(LockEntry entry, LockClaim claim) =>
        entry.Phase is EntryPhase.Held
        && entry.Mode is LockMode.Shared
        && claim.Terms.Mode is LockMode.Shared
        && entry.Queue.IsEmpty
        && HandOver.Allows(LockMode.Shared, entry.Grants, Time.GetElapsedTime(entry.GrantedAt));

    private void AskServer(LockEntry entry, ref Effects effects)
    {
        entry.AskFor(entry.Queue.First!.Terms.Mode);
        effects.Post = entry;
    }

    private void StandInLine(LockEntry entry, ref Effects effects)
    {
        if (entry.Queue.First is not { } first)
        {
            Forget(entry);
            return;
        }

        entry.AskFor(first.Terms.Mode);
        entry.Phase = EntryPhase.Waiting;
        entry.Waiting = new CancellationTokenSource();
        effects.Wait = entry;
    }

    private void GoOn(LockEntry entry, ref Effects effects)
    {
        if (entry.Queue.IsEmpty)
        {
            Forget(entry);
        }
        else
        {
            AskServer(entry, ref effects);
        }
    }

    private void Forget(LockEntry entry)
    {
        _entries.Remove(entry.Key);
        if (_spare.Count < 1024)
        {
            _spare.Push(entry);
        }
    }

    private void Granted(LockEntry entry, long token, ref Effects effects)
    {
        entry.Phase = EntryPhase.Held;
        entry.GrantToken = token;
        entry.Grants = 0;
        entry.GrantedAt = Time.GetTimestamp();
        if (!GrantQueue(entry, ref effects))
        {
            entry.GiveBack(releaser: null); // nobody waits any more, or only somebody who wants more than was granted
            effects.Post = entry;
        }
    }

    private bool PassOn(LockEntry entry, ref Effects effects) =>
        HandOver.Allows(entry.Mode, entry.Grants, Time.GetElapsedTime(entry.GrantedAt)) && Lease.IsOpen && GrantQueue(entry, ref effects);

    /// <summary>Grants to the first in the queue, and to those right behind it that tolerate it.</summary>
    private bool GrantQueue(LockEntry entry, ref Effects effects)
    {
        var granted = false;
        while (entry.Queue.First is { } claim)
        {
            if (claim.IsCancelled)
            {
                // Its token has fired and the withdrawal is on its way to this gate: a cancelled token never yields a handle.
                Dequeue(entry, claim);
                claim.RefuseCancelled();
                effects.Settle(claim);
                continue;
            }

            var exclusive = claim.Terms.Mode is LockMode.Exclusive;
            if ((exclusive && (granted || entry.Mode is LockMode.Shared)) || entry.Grants >= HandOver.MostShared)
            {
                break;
            }

            Dequeue(entry, claim);
            Grant(entry, claim, ref effects);
            granted = true;
            if (exclusive)
            {
                break;
            }
        }

        return granted;
    }

    private void Grant(LockEntry entry, LockClaim claim, ref Effects effects)
    {
        entry.Holders.Add(claim);
        claim.Grant(entry.GrantToken + entry.Grants++, Time.GetTimestamp());
        Volatile.Write(ref _held, _held + 1);
        effects.Settle(claim);
    }

    private void RefuseImpatient(LockEntry entry, ref Effects effects)
    {
        // Only the first can be one: whoever does not wait is not let into a queue.
        if (entry.Queue.First is { Terms.Waits: false } claim)
        {
            Dequeue(entry, claim);
            claim.Refuse(cause: null);
            effects.Settle(claim);
        }
    }

    private void LoseUnderGate(LockEntry entry, List<LockClaim> losers, ref Effects effects)
    {
        while (entry.Holders.TakeFirst() is { } holder)
        {
            holder.Lose();
            losers.Add(holder);
        }

        if (entry.Releaser is { } releaser)
        {
            // Its unlock was under way: whether it came before the end nobody knows, so it is not called a release.
            releaser.TellReleased(ReleaseOutcome.WasLost);
            entry.Releaser = null;
        }

        while (entry.Queue.TakeFirst() is { } claim)
        {
            claim.Refuse(LeaseOver());
            effects.Settle(claim);
        }
    }

    private CoordinationUnavailableException LeaseOver() => new(
        $"The lock was not granted, because the session that asked for it is over. {Lease.Ending} Ask again when the health check says Healthy.");
}
