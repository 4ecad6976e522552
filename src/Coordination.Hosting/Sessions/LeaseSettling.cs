using Coordination.Backends;
using Coordination.Diagnostics;

namespace Coordination.Sessions;

/// <summary>What a new lease begins with: the group knows our newest profile, and we know its newest view.</summary>
internal sealed class LeaseSettling(LeaseContext context, Func<MemberProfile> profile)
{
    /// <summary>Before anything else is done on the lease.</summary>
    /// <param name="lease">The new lease.</param>
    /// <param name="joined">The profile that its session was opened with.</param>
    /// <param name="hurry">Gives up waiting for answers.</param>
    public async Task SettleAsync(LiveLease lease, MemberProfile joined, CancellationToken hurry)
    {
        context.Views.In();
        await PublishAsync(lease, joined, hurry).ConfigureAwait(false);
        await CatchUpAsync(lease, hurry).ConfigureAwait(false);
    }

    /// <summary>Reads the views that we lack. Never fails.</summary>
    public async Task CatchUpAsync(LiveLease lease, CancellationToken hurry)
    {
        try
        {
            // A server that does not answer must not hold up a stop. What is abandoned here ends with the session.
            await context.Views.CatchUpAsync(lease.Session).AsTask().WaitAsync(hurry).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Either the session is over, which is told by itself, or the next beat finds us behind again. Whatever else it was
            // must not end the loop: beats would go on and nobody would watch the lease.
            Log.ViewsUnread(context.Logger, profile().Group, e.Message);
        }
    }

    // The url of a host that starts in the background becomes known while the join is under way: whoever changed the profile
    // then found no lease to publish it on, and the join had the old one with it.
    private async Task PublishAsync(LiveLease lease, MemberProfile joined, CancellationToken hurry)
    {
        var now = profile();
        if (now == joined || now.Observe)
        {
            return;
        }

        try
        {
            await lease.Session.UpdateAsync(now.Url, now.Metadata).WaitAsync(hurry).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CoordinationException or OperationCanceledException)
        {
            // The session is over, and the next one takes the newest profile with it.
        }
    }
}
