using System.Globalization;
using Coordination.Diagnostics;

namespace Coordination.Leadership;

/// <summary>One campaign for one role, from the wish to the term.</summary>
/// <remarks>
/// <code>
/// Standing by ──may lead──▶ Queued for the role's lock ──granted──▶ Showing the role ──nobody else shows it──▶ the term
///      ▲                        └──may not lead any more──┐              └──the lock is lost, or a later grant is shown──┐
///      └──────────────────────────────────────────────────┴──────────────────────────────────────────────────────────────┘
/// </code>
/// <para>The lock alone is not enough. A server that ends a session frees its locks at once, and the old leader learns of it up to a second later.
/// So a leader shows its role in its metadata from before the term until its work has stopped, and whoever is granted the lock first shows
/// the role too and then looks: views are in one order, so of two that do this at least the later one sees the other. The
/// smaller token was granted first; the greater one waits for it, and the smaller one that sees a greater has lost its lock and gives up.</para>
/// </remarks>
internal sealed class Campaign(LeadershipContext context, Departures departures, string role)
{
    private string? _candidacy;

    public async Task<LeaderTerm> RunAsync(TimeSpan hold, Action over, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                // Throws when there is nothing to wait for: not started, stopped, or the backend is away.
                await context.Group.RefreshAsync(cancellationToken).ConfigureAwait(false);
                await StandByAsync(cancellationToken).ConfigureAwait(false);
                if (await QueueAsync(cancellationToken).ConfigureAwait(false) is { } handle
                    && await ShowAsync(handle, hold, over, cancellationToken).ConfigureAwait(false) is { } term)
                {
                    return term;
                }
            }
        }
        finally
        {
            await EndCandidacyAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Standing by: waits until this member may lead.</summary>
    private async Task StandByAsync(CancellationToken cancellationToken)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, context.Group.Lost);
        try
        {
            while (!MayLead(await context.SeesAsync(view => MayLead(view) || MustTell(view) || IsLeaving(view), gone.Token).ConfigureAwait(false)))
            {
                if (IsLeaving(context.Group.Current))
                {
                    throw new CoordinationUnavailableException($"Role '{role}' is not campaigned for: this process is leaving group '{context.Group.Group}'.");
                }

                await TellAsync(gone.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Out of the group: the next look says so.
        }
    }

    /// <summary>Lets the others see that we wait, so that those of a higher rank let us go first. Groups without ranks need no such view.</summary>
    private async Task TellAsync(CancellationToken cancellationToken)
    {
        if (MustTell(context.Group.Current) && context.SelfIn(context.Group.Current) is { } self)
        {
            _candidacy = self.Number.ToString(CultureInfo.InvariantCulture);
            await context.AnnounceAsync(RoleNote.CandidacyOf(role), _candidacy, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task EndCandidacyAsync()
    {
        try
        {
            if (_candidacy is not null)
            {
                await context.RetractAsync(RoleNote.CandidacyOf(role), _candidacy, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (CoordinationException)
        {
            // The backend is away: the next attach comes without it.
        }
    }

    /// <summary>Queued: waits for the lock, as long as this member may lead.</summary>
    private async Task<ILockHandle?> QueueAsync(CancellationToken cancellationToken)
    {
        using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var granted = context.Locks.AcquireAsync(RoleNote.LockOf(role), cancellationToken: turn.Token).AsTask();
        var unfit = context.SeesAsync(view => !MayLead(view), turn.Token);
        await Task.WhenAny(granted, unfit).ConfigureAwait(false);
        await turn.CancelAsync().ConfigureAwait(false);
        try
        {
            var handle = await granted.ConfigureAwait(false);
            if (!unfit.IsCompletedSuccessfully)
            {
                return handle;
            }

            await handle.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            await ((Task)unfit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Showing the role: the term begins when nobody else shows it.</summary>
    private async Task<LeaderTerm?> ShowAsync(ILockHandle handle, TimeSpan hold, Action over, CancellationToken cancellationToken)
    {
        var note = new RoleNote(handle.Token, context.Group.Self?.Number ?? 0);
        var isAlone = false;
        try
        {
            await context.AnnounceAsync(RoleNote.KeyOf(role), note.ToString(), cancellationToken).ConfigureAwait(false);
            isAlone = await IsAloneAsync(handle, note, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!isAlone)
            {
                await context.GiveBackAsync(handle, role, note).ConfigureAwait(false);
            }
        }

        return isAlone ? new LeaderTerm(context, role, handle, note, hold, over) : null;
    }

    private async Task<bool> IsAloneAsync(ILockHandle handle, RoleNote note, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, handle.Lost);
        try
        {
            // The answer is no older than our note.
            var view = await context.Group.RefreshAsync(end.Token).ConfigureAwait(false);
            if (Others(view, note).FirstOrDefault() is { } before)
            {
                Log.RoleAwaited(context.Logger, role, note.Token, before.Id);
                view = await context.SeesAsync(later => later.Number >= view.Number && Others(later, note).Count == 0, end.Token).ConfigureAwait(false);
            }

            await departures.SettleAsync(view.Number, end.Token).ConfigureAwait(false);
            view = context.Group.Current;
            return handle.IsHeld && MayLead(view) && IsFirst(view, note);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false; // the lock is lost
        }
    }

    private static bool IsFit(Member? member) => member is { Status: MemberStatus.Up, IsDegraded: false };

    private bool MayLead(GroupView view) => context.SelfIn(view) is { } self && IsFit(self) && !MustTell(view)
        && !view.Members.Any(other => other.Rank < self.Rank && IsFit(other) && RoleNote.IsCandidate(other, role));

    private bool MustTell(GroupView view) => _candidacy is null && context.SelfIn(view) is { } self && IsFit(self)
        && view.Members.Any(other => other.Rank != self.Rank);

    private bool IsLeaving(GroupView view) => context.SelfIn(view) is { Status: MemberStatus.Leaving };

    // Our own note is the smallest, and nobody shows a greater one: whoever was granted the lock after us has it now.
    private bool IsFirst(GroupView view, RoleNote note) => RoleNote.LeaderOf(view, role)?.Note == note
        && !view.Members.Any(member => RoleNote.Read(member, role)?.Token > note.Token);

    private List<Member> Others(GroupView view, RoleNote note) =>
        [.. view.Members.Where(member => RoleNote.Read(member, role) is { } other && other.Number != note.Number && other.Token < note.Token)];
}
