using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>What is asked of the server about places of locks with several holders, and what it says. The table changes under its gate.</summary>
internal sealed class PlaceAnswers(LockTable table)
{
    private delegate void Change(SemaphoreEntry entry, ref Effects effects);

    /// <summary>Asks for a place for the first in the queue.</summary>
    public async Task TakeAsync(SemaphoreEntry entry)
    {
        PlaceGrant? grant;
        var others = 0;
        try
        {
            others = entry.IsChecked ? 0 : await table.Lease.Session.CheckPlacesAsync(entry.Key, entry.Places).ConfigureAwait(false);
            entry.IsChecked = others == 0;
            grant = others == 0 ? await table.Lease.Session.TakePlaceAsync(entry.Key, FreePlaces(entry)).ConfigureAwait(false) : null;
        }
        catch (Exception e)
        {
            Fail(entry, e);
            return;
        }

        // Not in the try: what goes wrong behind an answer is no failed question.
        Apply(entry, (SemaphoreEntry one, ref Effects effects) =>
        {
            if (others != 0)
            {
                one.EndAsking();
                one.RefuseDisagreeing(others, ref effects);
            }
            else if (grant is { } granted)
            {
                one.Granted(granted, ref effects);
            }
            else
            {
                one.Busy(ref effects);
            }
        });
    }

    /// <summary>Stands in the server's line for a place.</summary>
    public async Task WaitAsync(SemaphoreEntry entry, CancellationToken ending)
    {
        PlaceGrant? grant;
        try
        {
            grant = await table.Lease.Session.WaitForPlaceAsync(entry.Key, () => FreePlaces(entry), ending).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Fail(entry, e);
            return;
        }

        Apply(entry, (SemaphoreEntry one, ref Effects effects) =>
        {
            if (grant is { } granted)
            {
                one.Granted(granted, ref effects);
            }
            else
            {
                one.EndAsking();
                one.Advance(ref effects); // cancelled; somebody may have come since
            }
        });
    }

    /// <summary>How the release of a place went.</summary>
    public void Released(SemaphoreEntry entry, HeldPlace place, long? result) => Apply(
        entry,
        (SemaphoreEntry one, ref Effects effects) =>
        {
            effects.Outcome = result == 1 ? ReleaseOutcome.Released : ReleaseOutcome.WasLost;
            one.Returned(place, ref effects);
        });

    private IReadOnlyList<LockKey> FreePlaces(SemaphoreEntry entry)
    {
        lock (table.Gate)
        {
            return entry.FreePlaces;
        }
    }

    // Whatever it was: a name that nobody asks for at the server any more would hold up its callers for ever.
    private void Fail(SemaphoreEntry entry, Exception e)
    {
        var cause = e as CoordinationException ?? new CoordinationException($"The lock was not granted: asking for it failed. {e.Message}", e);
        Apply(entry, (SemaphoreEntry one, ref Effects effects) =>
        {
            one.EndAsking();
            one.RefuseAll(() => cause, ref effects);
        });
    }

    private void Apply(SemaphoreEntry entry, Change change)
    {
        var effects = default(Effects);
        lock (table.Gate)
        {
            if (table.IsOver)
            {
                return; // the places ended with the session, and everybody has been told or is about to be
            }

            change(entry, ref effects);
            if (entry.IsIdle)
            {
                table.Forget(entry);
            }
        }

        table.Run(effects);
    }
}
