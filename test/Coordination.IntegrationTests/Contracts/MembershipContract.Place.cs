using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.IntegrationTests.Contracts;

/// <summary>A process's own place: joining, leaving, watching, choosing.</summary>
public abstract partial class MembershipContract
{
    [Fact(Timeout = Limit)]
    public async Task A_watch_begins_with_the_current_view_and_misses_none()
    {
        var replica = await StartAsync("watcher");
        var current = replica.Group.Current;
        var histories = Enumerable.Range(0, 3).Select(_ => RecordAsync(replica, view => view.Members.Count == 4)).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(i => StartAsync($"pod-{i}")));
        var seen = await Task.WhenAll(histories);

        Assert.All(seen, history => Assert.Same(current, history[0]));
        Assert.All(seen, AssertGapless);
        Assert.All(seen, history => Assert.Equal(seen[0], history));
    }

    [Fact(Timeout = Limit)]
    public async Task A_watcher_that_throws_or_stops_reading_harms_neither_others_nor_later_views()
    {
        var replica = await StartAsync("watcher");
        await using var idle = replica.Group.WatchAsync(Ending).GetAsyncEnumerator(Ending);
        Assert.True(await idle.MoveNextAsync()); // and never again, while views arrive
        var abandoned = replica.Group.WatchAsync(Ending).GetAsyncEnumerator(Ending);
        await abandoned.MoveNextAsync();
        await abandoned.DisposeAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        var cancelled = Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in replica.Group.WatchAsync(end.Token))
            {
            }
        });
        var throwing = Assert.ThrowsAsync<InvalidDataException>(() => replica.SeesAsync(_ => throw new InvalidDataException("the watcher's own")));

        await throwing;
        await end.CancelAsync();
        await cancelled;
        await StartAsync("pod-0");
        await replica.SeesMembersAsync("pod-0", "watcher");

        Assert.True(await idle.MoveNextAsync()); // the late reader goes on where it was
        Assert.Equal(MemberChangeKind.Joined, Assert.Single(idle.Current.Changes).Kind);
    }

    [Fact(Timeout = Limit)]
    public async Task A_refresh_brings_the_newest_view_at_once()
    {
        var (here, there) = (await StartAsync("here"), await StartAsync("there"));

        var view = await here.Group.RefreshAsync(Ending);

        Assert.NotNull(view.Find("there"));
        Assert.Same(here.Group.Current, view);
        await there.Group.LeaveAsync(Ending);
        Assert.Null((await here.Group.RefreshAsync(Ending)).Find("there"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_random_pick_reaches_every_member_that_is_up_and_fits_and_no_other()
    {
        var replica = await StartAsync("pod-0");
        await Task.WhenAll(StartAsync("pod-1"), StartAsync("pod-2"));
        var view = await replica.SeesMembersAsync("pod-0", "pod-1", "pod-2");

        var picked = Enumerable.Range(0, 300).Select(_ => view.PickRandom(member => member.Id != "pod-1").Id).Distinct().Order();

        Assert.Equal(["pod-0", "pod-2"], picked);
        Assert.Throws<NoMemberAvailableException>(() => view.PickRandom(_ => false));
    }

    [Fact(Timeout = Limit)]
    public async Task A_stopping_member_is_seen_to_be_leaving_takes_no_new_work_and_keeps_its_locks_until_it_has_drained()
    {
        var (watcher, brake) = (await StartAsync("watcher"), new Brake());
        var stopping = Keep(new Replica(
            options =>
            {
                (options.BackendUrl, options.Group, options.MemberId) = (BackendUrl, GroupName, "stopping");
            },
            services => services.AddSingleton<IHostedService>(brake)));
        await stopping.StartAsync();
        await watcher.SeesMembersAsync("stopping", "watcher");
        await using var held = await stopping.Locks.AcquireAsync("n", cancellationToken: Ending);

        var stop = stopping.StopAsync();
        var view = await watcher.SeesAsync(view => view.Find("stopping") is { Status: MemberStatus.Leaving });
        Assert.Equal("watcher", view.PickRandom().Id);
        Assert.Equal(MembershipState.Leaving, stopping.Group.State);
        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => stopping.Locks.TryAcquireAsync("m", cancellationToken: Ending).AsTask());
        Assert.True(held.IsHeld);
        Assert.Null(await watcher.Locks.TryAcquireAsync("n", cancellationToken: Ending));
        brake.Release();
        await stop;

        await watcher.SeesMembersAsync("watcher");
        Assert.NotNull(await watcher.Locks.TryAcquireAsync("n", cancellationToken: Ending));
        Assert.Equal(MembershipState.Left, stopping.Group.State);
    }

    [Fact(Timeout = Limit)]
    public async Task The_leader_is_the_lowest_rank_and_then_the_lowest_number()
    {
        var first = await StartAsync("first");
        await StartAsync("second");
        var third = await StartAsync("third", options => options.Metadata = new Dictionary<string, string> { ["rank"] = "-1" });

        Assert.Equal("third", (await first.Group.RefreshAsync(Ending)).Leader!.Id);
        await third.StopAsync();
        Assert.Equal("first", (await first.SeesMembersAsync("first", "second")).Leader!.Id);
    }

    [Fact(Timeout = Limit)]
    public async Task Joining_again_changes_nothing_and_so_does_leaving_again()
    {
        var replica = await StartAsync("pod-0");
        var watcher = await StartAsync("watcher");
        var before = await watcher.Group.RefreshAsync(Ending);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => replica.Group.JoinAsync(Ending).AsTask()));
        Assert.Equal(before.Number, (await watcher.Group.RefreshAsync(Ending)).Number);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => replica.Group.LeaveAsync(Ending).AsTask()));
        await replica.Group.LeaveAsync(Ending);
        var after = await watcher.Group.RefreshAsync(Ending);

        Assert.Equal(before.Number.Number + 1, after.Number.Number);
        Assert.Null(after.Find("pod-0"));
        await Build().Group.LeaveAsync(Ending); // never joined
    }

    [Fact(Timeout = Limit)]
    public async Task A_member_that_joins_again_has_a_new_number_and_a_new_token()
    {
        var replica = await StartAsync("pod-0");
        var (number, lost) = (replica.Group.Self!.Number, replica.Group.Lost);
        Assert.False(lost.IsCancellationRequested);

        await replica.Group.LeaveAsync(Ending);
        Assert.True(lost.IsCancellationRequested);
        Assert.Equal((MembershipState.Left, null), (replica.Group.State, replica.Group.Self));
        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => replica.Group.RefreshAsync(Ending).AsTask());
        await replica.Group.JoinAsync(Ending);

        Assert.Equal(MembershipState.Joined, replica.Group.State);
        Assert.False(replica.Group.Lost.IsCancellationRequested);
        Assert.True(replica.Group.Self!.Number > number);
        await using var held = await replica.Locks.AcquireAsync("n", cancellationToken: Ending);
        Assert.True(held.IsHeld);
    }

    [Fact(Timeout = Limit)]
    public async Task Before_the_start_there_is_nothing_to_see_and_the_error_says_so()
    {
        var replica = Build();

        Assert.Equal(MembershipState.Joining, replica.Group.State);
        Assert.Same(GroupView.Empty, replica.Group.Current);
        Assert.Null(replica.Group.Self);
        Assert.False(replica.Group.Lost.IsCancellationRequested);
        Assert.Throws<NoMemberAvailableException>(() => replica.Group.Current.PickRandom());
        var error = await Assert.ThrowsAsync<CoordinationUnavailableException>(() => replica.Group.RefreshAsync(Ending).AsTask());
        Assert.Contains("has not started", error.Message, StringComparison.Ordinal);
        await replica.StartAsync();
        Assert.Equal(MembershipState.Joined, replica.Group.State);
        await replica.StopAsync();
        Assert.Equal(MembershipState.Left, replica.Group.State);
    }

    /// <summary>A service that takes its time to stop, as one that still serves requests does.</summary>
    private sealed class Brake : IHostedService
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _released.TrySetResult();

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => _released.Task.WaitAsync(Ending);
    }
}
