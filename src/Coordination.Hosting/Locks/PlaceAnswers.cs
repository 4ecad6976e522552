using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>What is asked of the server about places of locks with several holders, and what it says. The table changes under its gate.</summary>
internal sealed class PlaceAnswers(LockTable table)
{
    private delegate void Change(SemaphoreEntry entry, ref Effects effects);

    /// <summary>Asks for a place for the first in the queue.</summary>
    public async Task TakeAsync(SemaphoreEntry entry)
    {
        try
        {
            if (!entry.IsChecked)
            {
                var others = await table.Lease.Session.CheckPlacesAsync(entry.Key, entry.Places).ConfigureAwait(false);
                if (others != 0)
                {
                    Apply(entry, (SemaphoreEntry one, ref Effects effects) =>
                    {
                        one.EndAsking();
                        one.RefuseDisagreeing(others, ref effects);
                    });
                    return;
                }

                entry.IsChecked = true;
            }

            var grant = await table.Lease.Session.TakePlaceAsync(entry.Key, FreePlaces(entry)).ConfigureAwait(false);
            Apply(entry, (SemaphoreEntry one, ref Effects effects) =>
            {
                if (grant is { } granted)
                {
                    one.Granted(granted, ref effects);
                }
                else
                {
                    one.Busy(ref effects);
                }
            });
        }
        catch (Exception e)
        {
            Fail(entry, e);
        }
    }

    /// <summary>Stands in the server's line for a place.</summary>
    public async Task WaitAsync(SemaphoreEntry entry, CancellationToken ending)
    {
        try
        {
            var grant = await table.Lease.Session.WaitForPlaceAsync(entry.Key, () => FreePlaces(entry), ending).ConfigureAwait(false);
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
        catch (Exception e)
        {
            Fail(entry, e);
        }
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
            if (table.IsLost)
            {
                return; // everybody has been told; the places ended with the session
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
