using Coordination.UnitTests.Backends.Memory;

namespace Coordination.UnitTests.Hosting;

[Collection(ProcessWide.Name)]
public sealed class CoordinationHostedServiceTests
{
    [Fact]
    public async Task Joined_before_anything_else_starts_and_gone_after_the_drain()
    {
        await using var house = new HostedHouse();

        await house.Service.StartingAsync(HostedHouse.Limit);
        Assert.Equal(MembershipState.Joined, house.Runtime.Membership.State);

        await house.Service.StartAsync(HostedHouse.Limit);
        await house.Service.StartedAsync(HostedHouse.Limit);
        await house.Service.StoppingAsync(HostedHouse.Limit);
        await house.Service.StopAsync(HostedHouse.Limit);
        Assert.Equal(MembershipState.Leaving, house.Runtime.Membership.State);

        await house.Service.StoppedAsync(HostedHouse.Limit);
        Assert.Equal(MembershipState.Left, house.Runtime.Membership.State);
    }

    [Fact]
    public async Task While_it_stops_new_locks_are_refused_and_held_ones_stay()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(HostedHouse.Limit);
        await using var held = await house.Runtime.Locks.AcquireAsync("a", cancellationToken: HostedHouse.Limit);

        await house.Service.StoppingAsync(HostedHouse.Limit);

        var refusal = await Assert.ThrowsAsync<CoordinationUnavailableException>(async () => await house.Runtime.Locks.AcquireAsync("b", cancellationToken: HostedHouse.Limit));
        Assert.Contains("stopping", refusal.Message, StringComparison.Ordinal);
        Assert.True(held.IsHeld);

        await house.Service.StoppedAsync(HostedHouse.Limit);
        Assert.False(held.IsHeld);
        Assert.True(held.Lost.IsCancellationRequested);

        refusal = await Assert.ThrowsAsync<CoordinationUnavailableException>(async () => await house.Runtime.Locks.AcquireAsync("b", cancellationToken: HostedHouse.Limit));
        Assert.Contains("has left", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Others_see_a_leaving_member_before_it_is_gone()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(HostedHouse.Limit);

        await house.Service.StoppingAsync(HostedHouse.Limit);

        var view = await house.SeesAsync(view => view.Find("me")?.Status is MemberStatus.Leaving);
        Assert.Single(view.Members);
    }

    [Fact]
    public async Task A_required_start_without_a_backend_ends_after_its_timeout_with_the_last_error_and_nothing_stays()
    {
        await using var house = new HostedHouse(o => o.StartupTimeout = TimeSpan.FromSeconds(7));
        var refused = new CoordinationUnavailableException("The server did not like us today.");
        house.Backend.Gate = _ => Task.FromException(refused);

        var starting = house.Service.StartingAsync(HostedHouse.Limit);
        await house.Backend.Asked.WaitAsync(HostedHouse.Limit);
        Assert.False(starting.IsCompleted);

        // The loop writes its last error before it waits for the next attempt; moving the clock before that would lose it.
        await EventuallyAsync(() => house.Runtime.Session.Report().LastError is not null);
        house.Time.Advance(TimeSpan.FromSeconds(7));

        var error = await Assert.ThrowsAsync<CoordinationUnavailableException>(() => starting);
        Assert.Contains("within 7 s (StartupTimeout)", error.Message, StringComparison.Ordinal);
        Assert.Contains("did not like us today", error.Message, StringComparison.Ordinal);
        Assert.Contains("Background", error.Message, StringComparison.Ordinal);
        Assert.Equal(MembershipState.Left, house.Runtime.Membership.State);
    }

    [Fact]
    public async Task A_required_start_against_a_silent_server_ends_after_its_timeout()
    {
        await using var house = new HostedHouse();
        house.Backend.Gate = stop => Task.Delay(Timeout.InfiniteTimeSpan, house.Time, stop);

        var starting = house.Service.StartingAsync(HostedHouse.Limit);
        await house.Backend.Asked.WaitAsync(HostedHouse.Limit);
        house.Time.Advance(TimeSpan.FromSeconds(30));

        var error = await Assert.ThrowsAsync<CoordinationUnavailableException>(() => starting);
        Assert.Contains("did not answer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_required_start_fails_at_once_when_trying_again_cannot_help()
    {
        await using var house = new HostedHouse();
        house.Backend.Gate = _ => Task.FromException(new CoordinationConfigurationException("The role may not create tables."));

        var error = await Assert.ThrowsAsync<CoordinationConfigurationException>(() => house.Service.StartingAsync(HostedHouse.Limit));

        Assert.Contains("may not create tables", error.Message, StringComparison.Ordinal);
        Assert.Equal(MembershipState.Left, house.Runtime.Membership.State);
    }

    [Fact]
    public async Task A_start_that_the_host_gives_up_leaves_nothing_behind()
    {
        await using var house = new HostedHouse();
        using var host = CancellationTokenSource.CreateLinkedTokenSource(HostedHouse.Limit);
        house.Backend.Gate = stop => Task.Delay(Timeout.InfiniteTimeSpan, house.Time, stop);

        var starting = house.Service.StartingAsync(host.Token);
        await house.Backend.Asked.WaitAsync(HostedHouse.Limit);
        await host.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.Equal(MembershipState.Left, house.Runtime.Membership.State);
    }

    [Fact]
    public async Task A_start_that_the_host_gives_up_ends_when_the_join_that_was_under_way_is_taken_back()
    {
        await using var house = new HostedHouse();
        using var host = CancellationTokenSource.CreateLinkedTokenSource(HostedHouse.Limit);
        var takenBack = new TaskCompletionSource();
        house.Backend.Gate = _ => takenBack.Task;

        var starting = house.Service.StartingAsync(host.Token);
        await house.Backend.Asked.WaitAsync(HostedHouse.Limit);
        await host.CancelAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => starting.WaitAsync(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken));
        takenBack.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.Equal(MembershipState.Left, house.Runtime.Membership.State);
    }

    [Fact]
    public async Task A_start_that_takes_too_long_does_not_wait_long_for_a_join_that_nobody_answers()
    {
        await using var house = new HostedHouse();
        house.Backend.Gate = static _ => new TaskCompletionSource().Task;

        var starting = house.Service.StartingAsync(HostedHouse.Limit);
        await house.Backend.Asked.WaitAsync(HostedHouse.Limit);
        house.Time.Advance(house.Runtime.Settings.StartupTimeout);
        await house.Time.TimerSetAsync(due => due == TimeSpan.FromSeconds(2));
        house.Time.Advance(TimeSpan.FromSeconds(2));

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => starting);
    }

    [Fact]
    public async Task A_background_start_returns_at_once_and_joins_when_the_backend_is_there()
    {
        await using var house = new HostedHouse(o => o.StartupMode = StartupMode.Background);
        var open = new TaskCompletionSource();
        house.Backend.Gate = open.Task.WaitAsync;

        await house.Service.StartingAsync(HostedHouse.Limit);
        await house.Backend.Asked.WaitAsync(HostedHouse.Limit);
        Assert.Equal(MembershipState.Joining, house.Runtime.Membership.State);

        open.SetResult();
        await house.SeesAsync(view => view.Find("me") is not null);
    }

    [Fact]
    public async Task An_address_that_becomes_known_during_the_join_is_published()
    {
        await using var house = new HostedHouse(o => o.StartupMode = StartupMode.Background);
        var open = new TaskCompletionSource();
        house.Backend.Gate = open.Task.WaitAsync;
        await house.Service.StartingAsync(HostedHouse.Limit);
        await house.Backend.Asked.WaitAsync(HostedHouse.Limit);

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => house.Runtime.Session.AdvertiseAsync(new Uri("http://box:1/"), HostedHouse.Limit));
        open.SetResult();

        await house.SeesAsync(view => view.Find("me")?.Url == new Uri("http://box:1/"));
    }

    [Fact]
    public async Task Stopping_twice_and_from_two_threads_is_harmless()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(HostedHouse.Limit);

        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            await house.Service.StoppingAsync(HostedHouse.Limit);
            await house.Service.StoppedAsync(HostedHouse.Limit);
        })));
        await house.Service.StoppingAsync(HostedHouse.Limit);
        await house.Service.StoppedAsync(HostedHouse.Limit);

        Assert.Equal(MembershipState.Left, house.Runtime.Membership.State);
    }

    [Fact]
    public async Task Stopping_what_never_started_is_harmless()
    {
        await using var house = new HostedHouse();

        await house.Service.StoppingAsync(HostedHouse.Limit);
        await house.Service.StoppedAsync(HostedHouse.Limit);
    }

    [Fact]
    public async Task A_stop_returns_in_time_while_the_server_is_silent()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(HostedHouse.Limit);
        house.Backend.Server.Silence("me");

        var stopping = house.Service.StoppingAsync(HostedHouse.Limit);
        house.Time.Advance(TimeSpan.FromSeconds(2));
        await stopping.WaitAsync(HostedHouse.Limit);

        using var shutdown = new CancellationTokenSource();
        var stopped = house.Service.StoppedAsync(shutdown.Token);
        await shutdown.CancelAsync();
        await stopped.WaitAsync(HostedHouse.Limit);

        Assert.Equal(MembershipState.Left, house.Runtime.Membership.State);
    }

    [Fact]
    public async Task A_host_that_only_disposes_has_left_too()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(HostedHouse.Limit);

        await house.Runtime.DisposeAsync();

        Assert.Equal(MembershipState.Left, house.Runtime.Membership.State);
    }

    [Fact]
    public async Task A_lost_lease_stops_the_host_after_the_exit_code_is_set()
    {
        await using var house = new HostedHouse(o => o.OnLeaseLost = OnLeaseLost.StopHost);
        var before = Environment.ExitCode;
        try
        {
            await house.Service.StartingAsync(HostedHouse.Limit);
            await SupersedeAsync(house);

            Assert.Equal(75, await house.Lifetime.Stopped.WaitAsync(HostedHouse.Limit));
        }
        finally
        {
            Environment.ExitCode = before;
        }
    }

    [Fact]
    public async Task A_lost_lease_is_followed_by_a_new_join_when_the_host_is_to_go_on()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(HostedHouse.Limit);
        var lost = house.Runtime.Membership.Lost;
        var number = house.Runtime.Membership.Self!.Number;

        await (await SupersedeAsync(house)).DisposeAsync();

        var back = house.SeesAsync(view => view.Find("me")?.Number > number + 1);
        while (!back.IsCompleted)
        {
            house.Time.Advance(TimeSpan.FromMilliseconds(100)); // until the grace of the other one is over, whose place nobody takes before
            await Task.Yield();
        }

        await back;
        Assert.True(lost.IsCancellationRequested);
        Assert.False(house.Lifetime.Stopped.IsCompleted);
    }

    // Somebody else takes our name: the group goes on without us.
    private static async Task<IAsyncDisposable> SupersedeAsync(HostedHouse house) =>
        await house.Backend.JoinAsync(house.Runtime.Session.Profile, default, new RecordedEvents(), HostedHouse.Limit);

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        while (!condition())
        {
            HostedHouse.Limit.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
