using System.Collections.Concurrent;
using Coordination.IntegrationTests.Faults.Nemesis;

namespace Coordination.IntegrationTests.Replicas;

/// <summary>Wants everything that only one can have, and tells when it had it.</summary>
internal sealed class OfficeSeeker(ILockProvider locks, ILeaderElection elections, IGroupMembership group, Tongue tongue)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<OfficeSampler, bool> _samplers = new();

    /// <summary>Until the process ends.</summary>
    public void Start()
    {
        _samplers.TryAdd(new OfficeSampler(Tenure.Leader, LeadsGroup, tongue), true);
        new Thread(Sample) { IsBackground = true, Name = "offices" }.Start();
        _ = LockAgainAndAgainAsync();
        _ = LeadAgainAndAgainAsync();
    }

    /// <summary>The view is read before the state: whoever is frozen in between sees that its lease is over.</summary>
    private long? LeadsGroup() =>
        group.Current.Leader is { Status: MemberStatus.Up } leader && group.Self?.Number == leader.Number && group.State is MembershipState.Joined
            ? leader.Number
            : null;

    private void Sample()
    {
        using var never = new ManualResetEventSlim();
        while (!never.Wait(BetweenLooks, CancellationToken.None))
        {
            foreach (var sampler in _samplers.Keys)
            {
                sampler.Look();
            }
        }
    }

    private Task LockAgainAndAgainAsync() => AgainAndAgainAsync(async () =>
    {
        await using var held = await locks.AcquireAsync("nemesis", new LockRequest { Timeout = Patience });
        await HasAsync(new OfficeSampler(Tenure.Lock, () => held.IsHeld ? held.Token.Value : null, tongue), ShortTime(), held.Lost);
    });

    private Task LeadAgainAndAgainAsync() => AgainAndAgainAsync(async () =>
    {
        await using var term = await elections.CampaignAsync("nemesis");
        await HasAsync(new OfficeSampler(Tenure.Role, () => term.IsHeld ? term.Token.Value : null, tongue), 20 * ShortTime(), term.Lost);
    });

    private static async Task AgainAndAgainAsync(Func<Task> once)
    {
        while (true)
        {
            try
            {
                await once();
            }
            catch (CoordinationException)
            {
                await PauseAsync(ShortTime(), CancellationToken.None); // lost, timed out, or away: that is what happens here
            }
        }
    }

    private async Task HasAsync(OfficeSampler sampler, TimeSpan time, CancellationToken lost)
    {
        sampler.Look();
        _samplers.TryAdd(sampler, true);
        await PauseAsync(time, lost);
        _samplers.TryRemove(sampler, out _);
        sampler.Look();
        sampler.End();
    }

    private static TimeSpan ShortTime() => TimeSpan.FromMilliseconds(10 + Random.Shared.Next(90));

    private static async Task PauseAsync(TimeSpan time, CancellationToken end) =>
        await Task.Delay(time, TimeProvider.System, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
