using Coordination.Backends;
using Coordination.Membership;
using Coordination.UnitTests.Backends.Scripted;
using Microsoft.Extensions.Logging.Abstractions;

namespace Coordination.UnitTests.Membership;

public sealed class GroupViewsTests
{
    private readonly GroupViews _views = new("orders", NullLogger.Instance);
    private readonly List<ViewChanges> _history = [];
    private readonly ScriptedSession _session;

    public GroupViewsTests()
    {
        _session = new ScriptedSession(new ManualTime(), new Journal())
        {
            Opening = new GroupSnapshot(new ViewNumber(1, 1), [Members.Named("ann", 1)]),
            OnReadChanges = after => Task.FromResult<IReadOnlyList<ViewChanges>?>([.. _history.Where(changes => changes.View > after)]),
        };
    }

    [Fact]
    public async Task The_first_view_is_the_one_that_the_session_opened_with()
    {
        Assert.Equal(GroupView.Empty, _views.Current);

        await _views.CatchUpAsync(_session).InTime();

        Assert.Equal(new ViewNumber(1, 1), _views.Current.Number);
        Assert.Equal("ann", Assert.Single(_views.Current.Members).Id);
        Assert.False(_views.Current.IsReset);
    }

    [Fact]
    public async Task Every_watcher_sees_every_view_in_order_and_without_a_gap()
    {
        await using var early = Watch();
        Assert.Equal(default, await NextAsync(early));
        await PublishUpToAsync(20);
        await using var late = Watch();
        Assert.Equal(new ViewNumber(1, 20), await NextAsync(late));
        await PublishUpToAsync(40);

        for (var number = 1; number <= 40; number++)
        {
            Assert.Equal(new ViewNumber(1, number), await NextAsync(early));
        }

        for (var number = 21; number <= 40; number++)
        {
            Assert.Equal(new ViewNumber(1, number), await NextAsync(late));
        }
    }

    [Fact]
    public async Task A_watcher_that_waits_is_told_of_a_new_view()
    {
        await PublishUpToAsync(1);
        await using var watcher = Watch();
        await NextAsync(watcher);
        var next = NextAsync(watcher);
        Assert.False(next.IsCompleted);

        await PublishUpToAsync(2);

        Assert.Equal(new ViewNumber(1, 2), await next);
        Assert.Equal("m2", watcher.Current.Changes.Single().Member.Id);
    }

    [Fact]
    public async Task A_gap_in_the_history_gives_one_reset_with_the_whole_group()
    {
        await PublishUpToAsync(3);
        _history.Add(Members.Joined(9, "far", 9)); // views 4 to 8 are forgotten by the server
        _session.OnReadGroup = () => Task.FromResult(new GroupSnapshot(new ViewNumber(1, 9), [Members.Named("far", 9)]));

        await _views.CatchUpAsync(_session).InTime();

        Assert.Equal(new ViewNumber(1, 9), _views.Current.Number);
        Assert.True(_views.Current.IsReset);
        Assert.Empty(_views.Current.Changes);
        Assert.Equal("far", Assert.Single(_views.Current.Members).Id);
    }

    [Fact]
    public async Task A_history_that_does_not_reach_back_gives_one_reset()
    {
        await PublishUpToAsync(3);
        _session.OnReadChanges = static _ => Task.FromResult<IReadOnlyList<ViewChanges>?>(null);
        _session.OnReadGroup = () => Task.FromResult(new GroupSnapshot(new ViewNumber(2, 1), [Members.Named("new", 11)]));

        await _views.CatchUpAsync(_session).InTime();

        Assert.Equal(new ViewNumber(2, 1), _views.Current.Number);
        Assert.True(_views.Current.IsReset);
    }

    [Fact]
    public async Task Views_never_go_back()
    {
        await PublishUpToAsync(5);
        _session.OnReadChanges = static _ => Task.FromResult<IReadOnlyList<ViewChanges>?>(null);
        _session.OnReadGroup = () => Task.FromResult(new GroupSnapshot(new ViewNumber(1, 4), []));

        await _views.CatchUpAsync(_session).InTime();

        Assert.Equal(new ViewNumber(1, 5), _views.Current.Number);
    }

    [Fact]
    public async Task Two_who_find_us_behind_publish_each_view_once()
    {
        await PublishUpToAsync(1);
        await using var watcher = Watch();
        await NextAsync(watcher);
        Remember(2);
        Remember(3);

        await Task.WhenAll(_views.CatchUpAsync(_session).AsTask(), _views.CatchUpAsync(_session).AsTask()).InTime();
        await PublishUpToAsync(4);

        Assert.Equal(new ViewNumber(1, 2), await NextAsync(watcher));
        Assert.Equal(new ViewNumber(1, 3), await NextAsync(watcher));
        Assert.Equal(new ViewNumber(1, 4), await NextAsync(watcher));
    }

    [Fact]
    public async Task A_slow_watcher_gets_one_reset_instead_of_all_it_missed()
    {
        await PublishUpToAsync(1);
        await using var watcher = Watch();
        await NextAsync(watcher);
        var newest = GroupViews.Backlog + 10;
        await PublishUpToAsync(newest);

        Assert.Equal(new ViewNumber(1, newest), await NextAsync(watcher));
        Assert.True(watcher.Current.IsReset);
        Assert.Empty(watcher.Current.Changes);
        Assert.Equal(_views.Current.Members, watcher.Current.Members);

        await PublishUpToAsync(newest + 1);
        Assert.Equal(new ViewNumber(1, newest + 1), await NextAsync(watcher));
        Assert.False(watcher.Current.IsReset);
    }

    [Fact]
    public async Task A_watcher_at_the_edge_of_the_backlog_misses_nothing()
    {
        await PublishUpToAsync(1);
        await using var watcher = Watch();
        await NextAsync(watcher);
        await PublishUpToAsync(GroupViews.Backlog + 2);

        for (var number = 2; number <= GroupViews.Backlog + 2; number++)
        {
            Assert.Equal(new ViewNumber(1, number), await NextAsync(watcher));
            Assert.False(watcher.Current.IsReset);
        }
    }

    [Fact]
    public async Task A_watcher_that_was_abandoned_or_cancelled_harms_nobody()
    {
        await PublishUpToAsync(1);
        using var cancellation = new CancellationTokenSource();
        var cancelled = _views.WatchAsync(cancellation.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await cancelled.MoveNextAsync().InTime();
        var waiting = cancelled.MoveNextAsync().AsTask();
        var abandoned = Watch();
        await NextAsync(abandoned);
        await using var faithful = Watch();
        await NextAsync(faithful);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTime());
        await abandoned.DisposeAsync();
        await PublishUpToAsync(2);

        Assert.Equal(new ViewNumber(1, 2), await NextAsync(faithful));
    }

    [Fact]
    public async Task The_token_of_an_incarnation_fires_and_the_next_one_has_its_own()
    {
        await PublishUpToAsync(1);
        var first = _views.OutToken;
        Assert.False(first.IsCancellationRequested);

        _views.Out();
        Assert.True(first.IsCancellationRequested);

        await _views.CatchUpAsync(_session).InTime(); // a refresh that had waited for its turn: nobody is in by that
        Assert.True(_views.OutToken.IsCancellationRequested);

        _views.In();
        Assert.True(first.IsCancellationRequested);
        Assert.False(_views.OutToken.IsCancellationRequested);
    }

    private IAsyncEnumerator<GroupView> Watch() =>
        _views.WatchAsync(CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);

    private static async Task<ViewNumber> NextAsync(IAsyncEnumerator<GroupView> watcher)
    {
        Assert.True(await watcher.MoveNextAsync().InTime());
        return watcher.Current.Number;
    }

    private void Remember(long number) => _history.Add(Members.Joined(number, $"m{number}", number));

    private async Task PublishUpToAsync(long number)
    {
        for (var next = Math.Max(2, _views.Seen.Number + 1); next <= number; next++)
        {
            Remember(next);
        }

        await _views.CatchUpAsync(_session).InTime();
    }
}
