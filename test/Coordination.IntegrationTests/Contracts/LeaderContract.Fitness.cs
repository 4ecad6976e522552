using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Contracts;

/// <summary>Who may lead: ranks, and members that report themselves degraded.</summary>
public abstract partial class LeaderContract
{
    [Fact(Timeout = Limit)]
    public async Task Of_those_who_wait_the_lowest_rank_leads_next_and_nobody_is_put_out_for_it()
    {
        var one = await StartAsync("one", options => options.Metadata["rank"] = "5");
        var high = await StartAsync("high", options => options.Metadata["rank"] = "7");
        var low = await StartAsync("low", options => options.Metadata["rank"] = "-1");
        var term = await CampaignAsync(one, "billing");
        var second = Apart(() => CampaignAsync(high, "billing"));
        await one.SeesAsync(view => view.Find("high")?.Metadata.ContainsKey("coordination.waits.billing") is true);
        var first = Apart(() => CampaignAsync(low, "billing"));
        await high.SeesAsync(view => view.Find("low")?.Metadata.ContainsKey("coordination.waits.billing") is true);
        Assert.True(term.IsHeld);

        await term.DisposeAsync();
        await using (var next = await first)
        {
            Assert.False(second.IsCompleted);
            Assert.Equal("low", (await Election(one).GetLeaderAsync("billing", Ending))?.Id);
        }

        await using var last = await second;
        Assert.Equal("high", (await Election(one).GetLeaderAsync("billing", Ending))?.Id);
        var view = await one.SeesAsync(view => view.Members.All(member => !member.Metadata.ContainsKey("coordination.waits.billing")));
        Assert.Equal("low", view.Leader?.Id);
    }

    [Fact(Timeout = Limit)]
    public async Task A_degraded_member_hands_its_role_on_and_leads_nothing_until_it_is_well_again()
    {
        string? reason = null;
        var one = await StartAsync("one", options => options.Degraded = () => Volatile.Read(ref reason));
        var two = await StartAsync("two");
        var term = await CampaignAsync(one, "billing");
        var lost = Signal(term.Lost);
        var next = Apart(() => CampaignAsync(two, "billing"));
        Assert.Equal("one", two.Group.Current.Leader?.Id);

        Volatile.Write(ref reason, "the backlog is full");
        await lost.WaitAsync(Ending);
        Assert.False(next.IsCompleted); // its work has not stopped
        Assert.Equal("one", (await Election(two).GetLeaderAsync("billing", Ending))?.Id);
        await term.DisposeAsync();
        var successor = await next;

        var view = await two.SeesAsync(view => view.Find("one") is { IsDegraded: true });
        Assert.Equal(("the backlog is full", "two"), (view.Find("one")!.DegradedReason, view.Leader?.Id));
        var again = Apart(() => CampaignAsync(one, "billing"));
        await successor.DisposeAsync();
        var free = await one.Group.RefreshAsync(Ending);
        Assert.True(free.Find("one")!.IsDegraded);
        Assert.False(again.IsCompleted);

        Volatile.Write(ref reason, null);
        await using var back = await again;
        Assert.Equal("one", (await two.SeesAsync(seen => seen.Find("one") is { IsDegraded: false })).Leader?.Id);
    }

    [Fact(Timeout = Limit)]
    public async Task A_process_that_starts_degraded_joins_as_that_and_its_health_says_why()
    {
        var one = Keep(new Replica(
            options =>
            {
                (options.BackendUrl, options.Group, options.MemberId) = (BackendUrl, GroupName, "one");
                options.Degraded = static () => throw new InvalidDataException("no\ndisk");
            },
            services => services.AddLogging().AddHealthChecks().AddCoordination()));
        await one.StartAsync();

        Assert.Equal("The Degraded callback failed: no disk", one.Group.Self?.DegradedReason);
        Assert.Null(one.Group.Current.Leader);
        var health = await one.Get<HealthCheckService>().CheckHealthAsync(Ending);
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("no disk", Assert.Single(health.Entries).Value.Description, StringComparison.Ordinal);
    }
}
