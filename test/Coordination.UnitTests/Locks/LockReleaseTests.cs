using Coordination.Backends;

namespace Coordination.UnitTests.Locks;

public sealed class LockReleaseTests
{
    private readonly LockHouse _house = new();

    [Theory]
    [InlineData(1, ReleaseOutcome.Released)]
    [InlineData(0, ReleaseOutcome.WasLost)]
    public async Task The_outcome_is_the_servers_and_the_same_for_every_call(long answer, ReleaseOutcome outcome)
    {
        var held = await _house.HoldAsync("n");

        var calls = Enumerable.Range(0, 4).Select(_ => held.ReleaseAsync(TestContext.Current.CancellationToken).AsTask()).ToList();
        Assert.False(held.IsHeld);
        (await _house.ReleasedAsync()).Complete(answer);
        await held.DisposeAsync().InTime();

        Assert.All(await Task.WhenAll(calls).InTime(), said => Assert.Equal(outcome, said));
        Assert.Equal(outcome, await held.ReleaseAsync(TestContext.Current.CancellationToken).InTime());
        _house.AssertEmpty();
    }

    [Fact]
    public async Task Many_threads_may_dispose_one_handle_and_the_server_hears_it_once()
    {
        var held = await _house.HoldAsync("n");

        var calls = Enumerable.Range(0, 8).Select(_ => Task.Run(() => held.DisposeAsync().AsTask())).ToList();
        (await _house.ReleasedAsync()).Complete(1);

        await Task.WhenAll(calls).InTime();
        _house.AssertEmpty();
    }

    [Fact]
    public async Task An_old_handle_releases_nobody_elses_lock()
    {
        var first = await _house.HoldAsync("n");
        var next = _house.AcquireAsync("n");
        await first.DisposeAsync().InTime();
        var second = await next.InTime();

        Assert.Equal(ReleaseOutcome.Released, await first.ReleaseAsync(TestContext.Current.CancellationToken).InTime());

        Assert.True(second.IsHeld);
        Assert.Equal(1, _house.Locks.Held);
    }

    [Fact]
    public async Task Who_stops_waiting_for_the_answer_has_released_all_the_same()
    {
        var held = await _house.HoldAsync("n");
        using var impatient = new CancellationTokenSource();
        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held.ReleaseAsync(impatient.Token).AsTask().InTime());

        (await _house.ReleasedAsync()).Complete(1);
        Assert.Equal(ReleaseOutcome.Released, await held.ReleaseAsync(TestContext.Current.CancellationToken).InTime());
    }

    [Fact]
    public async Task A_lock_that_was_lost_says_so_at_every_release()
    {
        var held = await _house.HoldAsync("n");

        _house.Lose();

        Assert.Equal(ReleaseOutcome.WasLost, await held.ReleaseAsync(TestContext.Current.CancellationToken).InTime());
        await held.DisposeAsync().InTime();
        _house.AssertEmpty();
    }

    [Fact]
    public async Task A_release_that_was_under_way_when_the_session_ended_is_not_called_one()
    {
        var held = await _house.HoldAsync("n");
        var released = held.ReleaseAsync(TestContext.Current.CancellationToken);
        var command = await _house.ReleasedAsync();

        _house.Lose();
        command.Complete(1); // too late: everybody has been told

        Assert.Equal(ReleaseOutcome.WasLost, await released.InTime());
        _house.AssertEmpty();
    }

    [Fact]
    public async Task A_release_leaves_the_lost_token_alone()
    {
        var watched = await _house.HoldAsync("watched");
        var unwatched = await _house.HoldAsync("unwatched");
        var lost = watched.Lost;
        foreach (var held in new[] { watched, unwatched })
        {
            var released = held.DisposeAsync();
            (await _house.ReleasedAsync()).Complete(1);
            await released.InTime();
        }

        _house.Lose();

        Assert.False(lost.IsCancellationRequested);
        Assert.False(watched.Lost.IsCancellationRequested);
        Assert.False(unwatched.Lost.IsCancellationRequested);
    }

    [Theory]
    [InlineData(Standing.Good, true)]
    [InlineData(Standing.Gone, false)]
    [InlineData(Standing.Standby, false)]
    public async Task A_confirmation_is_the_servers_answer(object standing, bool confirmed)
    {
        var held = await _house.HoldAsync("n");
        _house.Session.OnBeat = () => Task.FromResult(new BeatAnswer(default, (Standing)standing));

        Assert.Equal(confirmed, await held.ConfirmAsync(TestContext.Current.CancellationToken).InTime());
    }

    [Fact]
    public async Task Without_an_answer_or_without_the_lock_nothing_is_confirmed()
    {
        var held = await _house.HoldAsync("n");
        var asked = 0;
        _house.Session.OnBeat = () =>
        {
            asked++;
            throw new CoordinationUnavailableException("The session is over.");
        };

        Assert.False(await held.ConfirmAsync(TestContext.Current.CancellationToken).InTime());
        _ = held.DisposeAsync();
        Assert.False(await held.ConfirmAsync(TestContext.Current.CancellationToken).InTime());

        Assert.Equal(1, asked); // a released lock costs no round trip
    }

    [Fact]
    public async Task A_lock_that_is_lost_while_it_is_confirmed_is_not_confirmed()
    {
        var held = await _house.HoldAsync("n");
        var answer = new TaskCompletionSource<BeatAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _house.Session.OnBeat = () => answer.Task;
        var confirming = held.ConfirmAsync(TestContext.Current.CancellationToken);

        _house.Lose();
        answer.SetResult(new BeatAnswer(default, Standing.Good));

        Assert.False(await confirming.InTime());
    }

    [Fact]
    public async Task A_host_that_stops_gives_no_new_locks_and_keeps_the_held_ones()
    {
        var held = await _house.HoldAsync("n");

        _house.Locks.RefuseNew();

        var error = await Assert.ThrowsAsync<CoordinationUnavailableException>(() => _house.AcquireAsync("m").InTime());
        Assert.Contains("'m'", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => _house.TryAcquireAsync("m").InTime());
        Assert.True(held.IsHeld);
        var released = held.ReleaseAsync(TestContext.Current.CancellationToken);
        (await _house.ReleasedAsync()).Complete(1);
        Assert.Equal(ReleaseOutcome.Released, await released.InTime());
    }

    [Fact]
    public async Task Wrong_input_is_refused_before_the_server_hears_of_it()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _house.Locks.AcquireAsync(default, cancellationToken: TestContext.Current.CancellationToken).AsTask().InTime());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _house.TryAcquireAsync("n", new LockRequest { Timeout = TimeSpan.FromDays(-1) }).InTime());

        _house.AssertEmpty();
    }

    [Fact]
    public async Task A_posted_release_is_done_for_its_holder_when_it_stands_in_line_and_the_next_one_here_comes_behind_it()
    {
        var house = new LockHouse(postsReleases: true);
        var held = await house.HoldAsync("n");

        await held.DisposeAsync().InTime();
        var next = house.AcquireAsync("n");

        var release = await house.ReleasedAsync();
        Assert.Equal(0, house.Session.UnseenCommands);
        release.Complete(1);
        await house.GrantAsync();
        Assert.True((await next.InTime()).IsHeld);
    }

    [Fact]
    public async Task Where_releases_are_posted_an_asked_one_still_waits_for_the_answer()
    {
        var house = new LockHouse(postsReleases: true);
        var held = await house.HoldAsync("n");

        var releasing = held.ReleaseAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(releasing.IsCompleted);
        (await house.ReleasedAsync()).Complete(1);

        Assert.Equal(ReleaseOutcome.Released, await releasing.InTime());
    }

    [Fact]
    public async Task Whoever_asks_after_a_posted_release_that_was_lost_on_its_way_is_told_so()
    {
        var house = new LockHouse(postsReleases: true);
        var held = await house.HoldAsync("n");
        await held.DisposeAsync().InTime();

        house.Lose();

        Assert.Equal(ReleaseOutcome.WasLost, await held.ReleaseAsync(TestContext.Current.CancellationToken).AsTask().InTime());
    }
}
