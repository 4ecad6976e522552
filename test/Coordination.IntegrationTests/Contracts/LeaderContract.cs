namespace Coordination.IntegrationTests.Contracts;

/// <summary>What elections promise, on every backend and through the public interface only.</summary>
public abstract partial class LeaderContract : Contract
{
    [Fact(Timeout = Limit)]
    public async Task One_of_those_who_campaign_leads_and_everybody_knows_it()
    {
        var (one, two) = (await StartAsync("one"), await StartAsync("two"));
        var observer = await StartAsync("observer", options => options.Observe = true);
        Assert.Null(await Election(two).GetLeaderAsync("billing", Ending));

        var term = await CampaignAsync(one, "billing");
        var waiting = Apart(() => CampaignAsync(two, "billing"));

        Assert.Equal(("billing", true, false), (term.Role, term.IsHeld, term.Lost.IsCancellationRequested));
        foreach (var replica in new[] { one, two, observer })
        {
            Assert.Equal("one", (await Election(replica).GetLeaderAsync("billing", Ending))?.Id);
            Assert.Null(await Election(replica).GetLeaderAsync("Billing", Ending));
        }

        Assert.False(waiting.IsCompleted);
        await term.ResignAsync();
        await using var next = await waiting;
        Assert.True(next.Token > term.Token);
        Assert.Equal((false, false), (term.IsHeld, term.Lost.IsCancellationRequested));
        Assert.Equal("two", (await Election(observer).GetLeaderAsync("billing", Ending))?.Id);
        await term.DisposeAsync(); // as often as one likes; it takes nothing from the successor
        Assert.True(next.IsHeld);
        Assert.Equal("two", (await Election(one).GetLeaderAsync("billing", Ending))?.Id);
    }

    [Fact(Timeout = Limit)]
    public async Task Roles_are_led_apart_and_are_no_locks_of_users()
    {
        var (one, two) = (await StartAsync("one", options => options.LockPrefix = string.Empty), await StartAsync("two", options => options.LockPrefix = string.Empty));
        await using var billing = await CampaignAsync(one, "billing");
        await using var mailing = await CampaignAsync(two, "mailing");

        foreach (var name in new[] { "billing", "role/billing", $"{GroupName}.billing" })
        {
            await using var held = await two.Locks.TryAcquireAsync(name, cancellationToken: Ending);
            Assert.NotNull(held);
        }

        Assert.Equal("one", (await Election(two).GetLeaderAsync("billing", Ending))?.Id);
        Assert.Equal("two", (await Election(one).GetLeaderAsync("mailing", Ending))?.Id);
    }

    [Fact(Timeout = Limit)]
    public async Task The_same_role_of_another_group_is_another_role()
    {
        var here = await StartAsync("one");
        var there = await StartAsync("one", options => options.Group = $"bills of {GroupName}");

        await using var term = await CampaignAsync(here, "billing");
        await using var other = await CampaignAsync(there, "billing");

        Assert.True(term.IsHeld && other.IsHeld);
    }

    [Fact(Timeout = Limit)]
    public async Task Whoever_watches_sees_each_leader_and_nobody_in_between()
    {
        var (one, two) = (await StartAsync("one"), await StartAsync("two"));
        var observer = await StartAsync("observer", options => options.Observe = true);
        await using var watch = Election(observer).WatchAsync("billing", Ending).GetAsyncEnumerator(Ending);
        Assert.Null(await NextAsync(watch));

        var first = await CampaignAsync(one, "billing");
        Assert.Equal("one", (await NextAsync(watch))?.Id);
        await first.DisposeAsync();
        Assert.Null(await NextAsync(watch));
        var second = await CampaignAsync(two, "billing");
        Assert.Equal("two", (await NextAsync(watch))?.Id);
        await two.StopAsync();
        Assert.Null(await NextAsync(watch));

        await using var late = Election(observer).WatchAsync("billing", Ending).GetAsyncEnumerator(Ending);
        Assert.Null(await NextAsync(late));
        Assert.True(second.Token > first.Token);
    }

    [Fact(Timeout = Limit)]
    public async Task An_observer_cannot_lead_and_is_told_why()
    {
        var observer = await StartAsync("observer", options => options.Observe = true);

        var error = await Assert.ThrowsAsync<CoordinationConfigurationException>(() => CampaignAsync(observer, "billing"));

        Assert.Contains("observes", error.Message, StringComparison.Ordinal);
        Assert.Contains("Observe = false", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_role_must_be_a_text_of_1_to_200_characters()
    {
        var replica = Build();

        foreach (var wrong in new[] { string.Empty, new string('x', 201), "a\nb", "\ud800" })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => CampaignAsync(replica, wrong));
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Election(replica).GetLeaderAsync(wrong, Ending).AsTask());
            Assert.ThrowsAny<ArgumentException>(() => Election(replica).WatchAsync(wrong, Ending));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Before_the_start_and_after_the_stop_a_campaign_is_a_clear_error()
    {
        var replica = Build();
        var early = await Assert.ThrowsAsync<CoordinationUnavailableException>(() => CampaignAsync(replica, "billing"));
        Assert.Contains("has not started", early.Message, StringComparison.Ordinal);

        await replica.StartAsync();
        await replica.StopAsync();

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => CampaignAsync(replica, "billing"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_cancelled_campaign_leaves_the_role_to_others()
    {
        var (one, two) = (await StartAsync("one"), await StartAsync("two"));
        var term = await CampaignAsync(one, "billing");
        using var enough = new CancellationTokenSource();
        var waiting = Apart(async () => await Election(two).CampaignAsync("billing", enough.Token));

        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await term.DisposeAsync();

        await using var again = await CampaignAsync(one, "billing");
        Assert.True(again.IsHeld);
    }

    [Fact(Timeout = Limit)]
    public async Task Campaigns_of_one_process_take_turns()
    {
        var one = await StartAsync("one");
        var first = await CampaignAsync(one, "billing");
        var second = Apart(() => CampaignAsync(one, "billing"));

        Assert.False(second.IsCompleted);
        await first.DisposeAsync();

        await using var term = await second;
        Assert.True(term.Token > first.Token);
        Assert.Equal("one", (await Election(one).GetLeaderAsync("billing", Ending))?.Id);
    }

    [Fact(Timeout = Limit)]
    public async Task A_member_that_is_superseded_has_lost_its_term_before_another_begins()
    {
        const int attempts = 4;
        var two = await StartAsync("two");
        var lost = Task.CompletedTask;
        for (var (attempt, isOver) = (1, false); !isOver; attempt++)
        {
            await lost.WaitAsync(Ending);
            var term = await CampaignAsync(await StartAsync($"one-{attempt}"), "billing");
            lost = Signal(term.Lost);
            var next = Apart(() => CampaignAsync(two, "billing"));

            await StartAsync($"one-{attempt}");
            await using var successor = await next;

            // That the old leader hears of it within a second is what this rests on; a machine that has other things to do may keep it from that.
            isOver = lost.IsCompleted;
            Assert.True(isOver || attempt < attempts, $"A term began before the one before it was lost, {attempt} times.");
            Assert.True(!isOver || term.Lost.IsCancellationRequested);
            Assert.True(!isOver || !term.IsHeld);
            Assert.True(successor.Token > term.Token);
            await term.DisposeAsync();
            Assert.Equal("two", (await Election(two).GetLeaderAsync("billing", Ending))?.Id);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_leader_tells_about_itself_and_what_it_leads_do_not_touch_each_other()
    {
        var one = await StartAsync("one", options => options.Metadata = new Dictionary<string, string> { ["zone"] = "z1" });
        await using var term = await CampaignAsync(one, "billing");

        await one.Group.UpdateMetadataAsync(new Dictionary<string, string> { ["zone"] = "z2" }, Ending);
        Assert.Equal("one", (await Election(one).GetLeaderAsync("billing", Ending))?.Id);
        await term.DisposeAsync();

        await one.Group.RefreshAsync(Ending);
        Assert.Equal("z2", Assert.Single(one.Group.Self!.Metadata).Value);
    }

    protected static ILeaderElection Election(Replica replica) => replica.Get<ILeaderElection>();

    protected static async Task<ILeaderTerm> CampaignAsync(Replica replica, string role) => await Election(replica).CampaignAsync(role, Ending);

    protected static Task Signal(CancellationToken token, Action? first = null)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.UnsafeRegister(
            _ =>
            {
                first?.Invoke();
                told.SetResult();
            },
            null);
        return told.Task;
    }

    private static async Task<Member?> NextAsync(IAsyncEnumerator<Member?> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return watch.Current;
    }
}
