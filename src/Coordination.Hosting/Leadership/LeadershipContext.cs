using Microsoft.Extensions.Logging;

namespace Coordination.Leadership;

/// <summary>What elections of one membership need around them.</summary>
/// <param name="Group">Where the views come from.</param>
/// <param name="Locks">Locks whose names no user's name can equal.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Where it is written down.</param>
internal sealed record LeadershipContext(IGroupMembership Group, ILockProvider Locks, TimeProvider Time, ILogger Logger)
{
    /// <summary>Who this process is in the views; null for an observer.</summary>
    public required string? MemberId { get; init; }

    /// <summary>How long a lost term that is not disposed keeps the role from others.</summary>
    public required TimeSpan LeaseTime { get; init; }

    /// <summary>Publishes a piece of this member's metadata; kept for later joins when the backend is away.</summary>
    public required Func<string, string, CancellationToken, Task> AnnounceAsync { get; init; }

    /// <summary>Takes a piece away again, if it still has this value.</summary>
    public required Func<string, string, CancellationToken, Task> RetractAsync { get; init; }

    /// <summary>This process in a view. By id and not by <see cref="IGroupMembership.Self"/>, which is nobody while the connection is away.</summary>
    public Member? SelfIn(GroupView view) => MemberId is { } id ? view.Find(id) : null;

    /// <summary>The first view that fits, from the current one on.</summary>
    public async Task<GroupView> SeesAsync(Func<GroupView, bool> fits, CancellationToken cancellationToken)
    {
        await foreach (var view in Group.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (fits(view))
            {
                return view;
            }
        }

        throw new OperationCanceledException(cancellationToken); // views end with the token only
    }

    /// <summary>Shows the role no more, then frees its lock; in this order, so that whoever is granted the lock sees the role free.</summary>
    public async Task GiveBackAsync(ILockHandle handle, string role, RoleNote note)
    {
        try
        {
            await RetractAsync(RoleNote.KeyOf(role), note.ToString(), CancellationToken.None).ConfigureAwait(false);
        }
        catch (CoordinationException)
        {
            // The backend is away: the next attach comes without the note, and a new join has another number.
        }

        await handle.DisposeAsync().ConfigureAwait(false);
    }
}
