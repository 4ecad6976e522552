using Coordination.Backends;

namespace Coordination.UnitTests.Locks;

/// <summary>Callers that stop waiting, in each phase of a key, by their token and by their clock.</summary>
public sealed class LockTableWithdrawTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly LockHouse _house = new();
    private readonly CancellationTokenSource _cancellation = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_the_server_is_asked_and_its_yes_is_given_back(bool cancelled)
    {
        var asked = AskAsync(cancelled);
        var command = await _house.TriedAsync();

        await StopWaitingAsync(cancelled, asked);
        Assert.Equal(0, _house.Locks.Waiting);
        Assert.Equal(0, _house.Session.UnseenCommands); // one command per key: the release waits for the answer
        command.Complete(Fence.Step);

        (await _house.ReleasedAsync()).Complete(1);
        _house.AssertEmpty();
        Assert.True((await _house.HoldAsync("n")).IsHeld);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_the_server_is_asked_and_its_no_ends_it(bool cancelled)
    {
        var asked = AskAsync(cancelled);
        var command = await _house.TriedAsync();

        await StopWaitingAsync(cancelled, asked);
        command.Complete(null);

        _house.AssertEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_the_server_is_asked_and_its_yes_goes_to_the_next(bool cancelled)
    {
        var asked = AskAsync(cancelled);
        var next = _house.AcquireAsync("n");
        var command = await _house.TriedAsync();

        await StopWaitingAsync(cancelled, asked);
        command.Complete(Fence.Step);

        Assert.Equal(new FencingToken(Fence.Step), (await next.InTime()).Token);
        Assert.Equal(0, _house.Session.UnseenCommands);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_standing_in_line_at_the_server_which_is_left(bool cancelled)
    {
        var asked = AskAsync(cancelled);
        var wait = await _house.BusyAsync();
        Assert.False(wait.IsCancelled);

        await StopWaitingAsync(cancelled, asked);

        Assert.True(wait.IsCancelled);
        wait.EndCancelled();
        await WaitUntilForgottenAsync();
        _house.AssertEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_standing_in_line_at_the_server_which_grants_it_in_that_instant(bool cancelled)
    {
        var asked = AskAsync(cancelled);
        var wait = await _house.BusyAsync();

        await StopWaitingAsync(cancelled, asked);
        wait.Grant(Fence.Step);

        (await _house.ReleasedAsync()).Complete(1);
        _house.AssertEmpty();
    }

    [Fact]
    public async Task The_line_at_the_server_is_not_left_while_somebody_here_waits()
    {
        var asked = AskAsync(cancelled: true);
        var next = _house.AcquireAsync("n");
        var wait = await _house.BusyAsync();

        await StopWaitingAsync(cancelled: true, asked);

        Assert.False(wait.IsCancelled);
        wait.Grant(Fence.Step);
        Assert.True((await next.InTime()).IsHeld);
    }

    [Fact]
    public async Task Who_comes_while_the_line_is_being_left_is_served()
    {
        var asked = AskAsync(cancelled: true);
        var wait = await _house.BusyAsync();
        await StopWaitingAsync(cancelled: true, asked);
        var next = _house.AcquireAsync("n");

        wait.EndCancelled();

        await _house.GrantAsync();
        Assert.True((await next.InTime()).IsHeld);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_a_neighbour_holds_it(bool cancelled)
    {
        var held = await _house.HoldAsync("n");
        var asked = AskAsync(cancelled);
        var next = _house.AcquireAsync("n");

        await StopWaitingAsync(cancelled, asked);
        Assert.Equal((1, 1), (_house.Locks.Held, _house.Locks.Waiting));
        var released = held.ReleaseAsync(TestContext.Current.CancellationToken);
        if (!cancelled)
        {
            (await _house.ReleasedAsync()).Complete(1); // a second has passed: too old to be passed on
            await _house.GrantAsync();
        }

        await released.InTime();
        Assert.True((await next.InTime()).IsHeld);
        Assert.Equal(0, _house.Session.UnseenCommands);
    }

    [Fact]
    public async Task While_it_is_given_back()
    {
        var held = await _house.HoldAsync("n");
        var released = held.ReleaseAsync(TestContext.Current.CancellationToken);
        var command = await _house.ReleasedAsync();
        var asked = AskAsync(cancelled: true);

        await StopWaitingAsync(cancelled: true, asked);
        command.Complete(1);

        await released.InTime();
        _house.AssertEmpty();
    }

    [Fact]
    public async Task A_token_that_has_fired_yields_no_handle_although_its_withdrawal_has_not_come_yet()
    {
        using var cancellation = new CancellationTokenSource();
        var asked = _house.AcquireAsync("n", cancellationToken: cancellation.Token);
        var command = await _house.TriedAsync();

        // Registered later, so called earlier: the grant comes after the token has fired and before the caller is withdrawn.
        using var between = cancellation.Token.Register(() => command.Complete(Fence.Step));
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.InTime());
        (await _house.ReleasedAsync()).Complete(1);
        _house.AssertEmpty();
    }

    [Fact]
    public async Task A_cancelled_token_asks_nothing_of_anybody()
    {
        await _cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync(cancelled: true).InTime());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _house.TryAcquireAsync("n", cancellationToken: _cancellation.Token).InTime());

        _house.AssertEmpty();
    }

    [Fact]
    public async Task A_timeout_names_the_lock_and_how_long_it_was_waited_for()
    {
        await _house.HoldAsync("n");
        var asked = AskAsync(cancelled: false);

        _house.Time.Advance(Second);

        var error = await Assert.ThrowsAsync<LockTimeoutException>(() => asked.InTime());
        Assert.Equal(("n", Second), (error.Name.Value, error.Waited));
    }

    [Fact]
    public async Task A_try_with_patience_says_null_when_it_is_over()
    {
        await _house.HoldAsync("n");
        var asked = _house.TryAcquireAsync("n", new LockRequest { Timeout = Second });

        _house.Time.Advance(Second - TimeSpan.FromTicks(1));
        Assert.Equal(1, _house.Locks.Waiting);
        _house.Time.Advance(TimeSpan.FromTicks(1));

        Assert.Null(await asked.InTime());
    }

    [Fact]
    public async Task A_grant_stops_the_clock_and_the_subscription()
    {
        var asked = _house.AcquireAsync("n", new LockRequest { Timeout = Second }, _cancellation.Token);
        await _house.GrantAsync();
        var held = await asked.InTime();

        _house.Time.Advance(2 * Second);
        await _cancellation.CancelAsync();

        Assert.True(held.IsHeld);
        Assert.Equal(1, _house.Locks.Held);
    }

    [Fact]
    public async Task A_free_lock_is_not_called_busy_because_somebody_who_wanted_it_gave_up()
    {
        var asked = AskAsync(cancelled: true);
        var command = await _house.TriedAsync();
        await StopWaitingAsync(cancelled: true, asked);

        var second = _house.TryAcquireAsync("n");
        command.Complete(Fence.Step);

        Assert.NotNull(await second.InTime());
    }

    [Fact]
    public async Task A_lock_on_its_way_back_is_not_called_busy()
    {
        var held = await _house.HoldAsync("n");
        _ = held.DisposeAsync();
        var command = await _house.ReleasedAsync();

        var asked = _house.TryAcquireAsync("n");
        command.Complete(1);
        await _house.GrantAsync();

        Assert.NotNull(await asked.InTime());
    }

    private Task<ILockHandle> AskAsync(bool cancelled) => cancelled
        ? _house.AcquireAsync("n", cancellationToken: _cancellation.Token)
        : _house.AcquireAsync("n", new LockRequest { Timeout = Second });

    private async Task StopWaitingAsync(bool cancelled, Task<ILockHandle> asked)
    {
        if (cancelled)
        {
            await _cancellation.CancelAsync();
            var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.InTime());
            Assert.Equal(_cancellation.Token, error.CancellationToken);
        }
        else
        {
            _house.Time.Advance(Second);
            await Assert.ThrowsAsync<LockTimeoutException>(() => asked.InTime());
        }
    }

    /// <summary>The end of a wait arrives on the thread pool; a claim for the same key is answered behind it.</summary>
    private async Task WaitUntilForgottenAsync()
    {
        var probe = _house.AcquireAsync("n");
        await _house.GrantAsync();
        var released = (await probe.InTime()).ReleaseAsync(TestContext.Current.CancellationToken);
        (await _house.ReleasedAsync()).Complete(1);
        await released.InTime();
    }
}
