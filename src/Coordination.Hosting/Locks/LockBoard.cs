using Coordination.Backends;
using Coordination.Diagnostics;

namespace Coordination.Locks;

/// <summary>
/// Shows the others, by name, what is held and waited for here for longer than a second, and what was lost, and looks whether any of that can never end.
/// </summary>
/// <remarks>
/// Works twice a second while anything is held or waited for, or has been lost, beside the way of the locks. What it shows decides nothing, with one
/// exception: one claim of a deadlock is refused, which can only set its waiter free.
/// </remarks>
internal sealed class LockBoard : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan WorthShowing = TimeSpan.FromSeconds(1);

    /// <summary>The most that is shown anew at a time: it is written on the session, and locks wait meanwhile.</summary>
    private const int MostAtOnce = 250;

    private readonly LockTable _table;
    private readonly LockContext _context;
    private readonly Dictionary<LockClaim, LockNote> _shown = [];
    private readonly SharedDeadlocks _deadlocks = new();
    private readonly ITimer _timer;
    private long _lastId;
    private int _isBusy;

    public LockBoard(LockTable table, LockContext context)
    {
        _table = table;
        _context = context;
        _timer = context.Time.CreateTimer(static state => _ = ((LockBoard)state!).TickAsync(), this, Interval, Interval);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private async Task TickAsync()
    {
        // A tick that comes while the last one is at work is left out: the next one sees the same.
        var lost = _context.Journal.Lost;
        if ((_table.Held + _table.Waiting == 0 && _shown.Count == 0 && !lost.HasUntold) || Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            return;
        }

        try
        {
            _table.BreakDeadlocks(WorthShowing);
            var claims = _table.Inspector.Collect(WorthShowing);
            await ShowAsync(claims).ConfigureAwait(false);
            if (_shown.Values.Any(note => note is { IsWaiting: true, Holds.Count: > 0 }))
            {
                await BreakSharedDeadlockAsync().ConfigureAwait(false);
            }

            if (lost.HasUntold)
            {
                await lost.TellAsync(_table.Lease.Session).ConfigureAwait(false);
            }
        }
        catch (CoordinationException e)
        {
            // The session is over, and this table with it; or the next tick tries again.
            Log.BoardFailed(_context.Journal.Logger, e.Message);
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    private async Task ShowAsync(IReadOnlyList<LockClaim> claims)
    {
        var present = claims.ToHashSet();
        var gone = _shown.Where(pair => !present.Contains(pair.Key)).ToList();
        List<(LockClaim Claim, LockNote Note)> changed = [];
        foreach (var claim in claims)
        {
            var before = _shown.GetValueOrDefault(claim);
            var note = NoteOf(claim, before?.Id ?? ++_lastId);
            if (before is null || before.IsWaiting != note.IsWaiting || !before.Holds.SequenceEqual(note.Holds))
            {
                changed.Add((claim, note));
            }

            if (changed.Count == MostAtOnce)
            {
                break;
            }
        }

        if (changed.Count + gone.Count == 0)
        {
            return;
        }

        await _table.Lease.Session.ShowAsync([.. changed.Select(one => one.Note)], [.. gone.Select(pair => pair.Value.Id)]).ConfigureAwait(false);

        // Only now: what could not be shown, or taken down, is tried again with the next tick.
        foreach (var (claim, _) in gone)
        {
            _shown.Remove(claim);
        }

        foreach (var (claim, note) in changed)
        {
            _shown[claim] = note;
        }
    }

    private LockNote NoteOf(LockClaim claim, long id)
    {
        var isWaiting = claim.State is ClaimState.Waiting;
        return new LockNote
        {
            Id = id,
            Key = claim.Key,
            Name = claim.Name.Value,
            Mode = claim.Terms.Mode,
            IsWaiting = isWaiting,
            Age = _context.Time.GetElapsedTime(isWaiting ? claim.AskedAt : claim.GrantedAt),
            Token = claim.Token.Value,
            Reason = claim.Terms.Reason,

            // Who holds one of several places holds nobody up for sure: the other places come back too.
            Holds = isWaiting ? [.. claim.HeldByFlow().Where(held => held.Terms.MaxHolders == 1).Select(held => held.Key)] : [],
        };
    }

    private async Task BreakSharedDeadlockAsync()
    {
        var others = await _table.Lease.Session.ReadShownAsync(onlyDeadlocks: true).ConfigureAwait(false);
        if (_deadlocks.FindVictim(others) is not { } found)
        {
            return;
        }

        foreach (var (claim, note) in _shown)
        {
            if (note.Id == found.Victim.Note.Id)
            {
                _table.Refuse(claim, new LockDeadlockException(claim.Name, found.Describe()));
                return;
            }
        }
    }
}
