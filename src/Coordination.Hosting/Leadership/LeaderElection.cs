using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Coordination.Leadership;

/// <summary>Elections as users see them: terms for members, the view of them for everybody.</summary>
internal sealed class LeaderElection(LeadershipContext context) : ILeaderElection
{
    // Campaigns of one process for one role take turns: a member shows one term of a role at a time.
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _seats = new(StringComparer.Ordinal);
    private readonly Departures _departures = new(context.Group, context.Time);

    public LeadershipContext Context => context;

    /// <inheritdoc/>
    public async ValueTask<ILeaderTerm> CampaignAsync(string role, CancellationToken cancellationToken = default) =>
        await CampaignAsync(role, context.LeaseTime, cancellationToken).ConfigureAwait(false);

    /// <summary>The same with another time for which a term that is lost keeps the role from others while it is not disposed.</summary>
    public async Task<LeaderTerm> CampaignAsync(string role, TimeSpan hold, CancellationToken cancellationToken)
    {
        RoleNote.Check(role);
        cancellationToken.ThrowIfCancellationRequested();
        if (context.MemberId is null)
        {
            throw new CoordinationConfigurationException(
                $"This process only observes group '{context.Group.Group}' and cannot lead role '{role}'. Set Observe = false to be a member; observers can see who leads.");
        }

        var seat = _seats.GetOrAdd(role, static _ => new SemaphoreSlim(1, 1));
        await seat.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await new Campaign(context, _departures, role).RunAsync(hold, () => seat.Release(), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            seat.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Member?> GetLeaderAsync(string role, CancellationToken cancellationToken = default)
    {
        RoleNote.Check(role);
        var view = await context.Group.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return RoleNote.LeaderOf(view, role)?.Member;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Member?> WatchAsync(string role, CancellationToken cancellationToken = default)
    {
        RoleNote.Check(role);
        return FollowAsync(role, cancellationToken);
    }

    private async IAsyncEnumerable<Member?> FollowAsync(string role, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isFirst = true;
        RoleNote? shown = null;
        await foreach (var view in context.Group.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (view.Number == default)
            {
                continue; // before the first view nobody knows
            }

            var leader = RoleNote.LeaderOf(view, role);
            if (isFirst || leader?.Note != shown)
            {
                (isFirst, shown) = (false, leader?.Note);
                yield return leader?.Member;
            }
        }
    }
}
