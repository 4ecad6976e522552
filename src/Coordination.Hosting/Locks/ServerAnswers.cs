using Coordination.Backends;
using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>What the server says to what a lock table asked it. Comes on threads of the session, one answer for each question, and changes the table under its gate.</summary>
internal sealed class ServerAnswers(LockTable table) : IBatchAnswers
{
    private static readonly TimeSpan ExtensionPause = TimeSpan.FromMilliseconds(500);

    /// <summary>The server's answer to the command of an entry.</summary>
    public void Answered(LockEntry entry, long? result)
    {
        var effects = default(Effects);
        lock (table.Gate)
        {
            if (table.IsOver)
            {
                return; // the locks ended with the session, and everybody has been told or is about to be
            }

            Answer(entry, result, ref effects);
        }

        table.Run(effects);
    }

    /// <inheritdoc/>
    public void Answered(ReadOnlySpan<LockCommand> commands, ReadOnlySpan<long?> results)
    {
        var effects = default(Effects);
        lock (table.Gate)
        {
            if (table.IsOver)
            {
                return; // as above
            }

            for (var i = 0; i < commands.Length; i++)
            {
                Answer(((EntryCommand)commands[i]).Entry, results[i], ref effects);
            }
        }

        table.Run(effects);
    }

    /// <summary>A connection that kept a key says how its release went.</summary>
    public void Answered(LockEntry entry, HomeRelease release, long? result)
    {
        var effects = default(Effects);
        lock (table.Gate)
        {
            if (table.IsOver || entry.Home != release.Home || entry.Phase is not EntryPhase.Releasing)
            {
                return; // the connection was given up meanwhile, and what it kept was called lost
            }

            effects.Release(entry.TakeReleaser());
            effects.Outcome = result == 1 ? ReleaseOutcome.Released : ReleaseOutcome.WasLost;

            // What had to be waited for is wanted by others too: back into the line, instead of a try that finds it taken. But
            // whoever does not wait gets an answer and no place.
            if (entry.Queue.First is { Terms.Waits: true })
            {
                entry.StandInLine(ref effects);
            }
            else
            {
                table.GoOn(entry, ref effects);
            }
        }

        table.Lease.Close(release.Home);
        table.Run(effects);
    }

    /// <summary>The server could not carry out the command of an entry; nothing is held by it.</summary>
    public void Failed(LockEntry entry, CoordinationException cause)
    {
        var effects = default(Effects);
        lock (table.Gate)
        {
            if (table.IsOver)
            {
                return;
            }

            entry.EndWaiting();
            entry.RefuseAll(() => cause, ref effects);
            effects.Release(entry.TakeReleaser());
            table.GoOn(entry, ref effects);
        }

        table.Run(effects);
    }

    /// <summary>A connection that kept a lock is over: its holders are told, and those who wait for it here go on waiting.</summary>
    public void HomeLost(HomeLease home, string reason)
    {
        List<LockClaim> losers = [];
        var effects = default(Effects);
        lock (table.Gate)
        {
            var kept = table.IsLost ? null : table.Entries.Values.OfType<LockEntry>().FirstOrDefault(entry => entry.Home == home && entry.Phase is EntryPhase.Held or EntryPhase.Releasing);
            if (kept is null)
            {
                return;
            }

            kept.Lose(losers);
            table.GoOn(kept, ref effects);
        }

        LossNotice.Send(losers, reason, table.Journal);
        table.Journal.Lost.Add(losers, reason);
        table.Run(effects);
    }

    /// <summary>Stands in the server's line for a key.</summary>
    public async Task WaitAsync(LockEntry entry, CancellationTokenSource waiting)
    {
        LockGrant? grant;
        try
        {
            grant = await table.Lease.Session.WaitAsync(entry.Key, entry.Mode, waiting.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever it was: a key that nobody waits for at the server any more would hold up its callers for ever.
            Failed(entry, e as CoordinationException ?? new CoordinationException($"The lock was not granted: the wait for it failed. {e.Message}", e));
            return;
        }

        Waited(entry, grant); // not in the try: what goes wrong behind a grant is no failed wait
    }

    /// <summary>Asks whether more callers here may share a key, until they may or nobody wants to any more.</summary>
    public async Task ExtendAsync(LockEntry entry, object question)
    {
        while (true)
        {
            long? token = null;
            try
            {
                token = await table.Lease.Session.TryExtendAsync(entry.Key).ConfigureAwait(false);
            }
            catch (CoordinationException)
            {
                // No answer is no leave: those who wait are served when the holders have given it back.
            }

            var effects = default(Effects);
            bool goesOn;
            lock (table.Gate)
            {
                goesOn = !table.IsOver && entry.Extended(question, token, ref effects);
            }

            table.Run(effects);
            if (!goesOn)
            {
                return;
            }

            await Task.Delay(ExtensionPause, table.Time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void Answer(LockEntry entry, long? result, ref Effects effects)
    {
        if (entry.Phase is EntryPhase.Releasing)
        {
            effects.Release(entry.TakeReleaser());
            effects.Outcome = result == 1 ? ReleaseOutcome.Released : ReleaseOutcome.WasLost;
            if (!entry.IsAskedBehind())
            {
                table.GoOn(entry, ref effects);
            }
        }
        else if (result is { } token)
        {
            entry.Granted(token, home: null, ref effects);
        }
        else if (entry.IsAskedOtherwise)
        {
            table.GoOn(entry, ref effects);
        }
        else
        {
            entry.RefuseImpatient(ref effects);
            if (!entry.StandInLine(ref effects))
            {
                table.Forget(entry);
            }
        }
    }

    private void Waited(LockEntry entry, LockGrant? grant)
    {
        // Believed in before anybody is told of it. A connection that ends says so first and looks for us then: either it finds us
        // here, or we see that it is over.
        var home = grant?.Home is { } connection ? table.Lease.Open(connection) : null;
        var effects = default(Effects);
        var isVoid = false;
        lock (table.Gate)
        {
            if (table.IsOver)
            {
                return;
            }

            isVoid = home is { IsOpen: false } or { Home.IsOver: true };
            entry.EndWaiting();
            if (grant is { } granted && !isVoid)
            {
                entry.Granted(granted.Token, home, ref effects);
            }
            else
            {
                table.GoOn(entry, ref effects); // cancelled, and somebody may have come since; or the connection has not lived to see this
            }
        }

        if (isVoid)
        {
            table.Lease.Close(home!);
            home!.Home.Abandon();
        }

        table.Run(effects);
    }
}
