namespace Coordination.UnitTests.Sessions;

public sealed class LeaseSessionLeaveTests
{
    [Fact]
    public async Task Leaving_closes_the_locks_and_then_says_farewell()
    {
        await using var house = new LeaseHouse();
        await house.JoinAsync(house.NewSession(7));
        var lost = house.Views.OutToken;

        await house.Session.LeaveAsync(TestContext.Current.CancellationToken).InTime();

        Assert.Equal(MembershipState.Left, house.Session.State);
        Assert.Equal(0, house.Session.MemberNumber);
        Assert.True(lost.IsCancellationRequested);
        Assert.Equal(0, house.UnseenLosses); // nobody lost anything: we left
        Assert.Equal(
            ["join asked", "locks of session 7 opened", "locks of session 7 closed", "session 7 left", "session 7 disposed"],
            house.Journal.Lines);
        var error = Assert.Throws<CoordinationUnavailableException>(() => house.Session.Lease);
        Assert.Contains("has left", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_threads_may_leave_at_once_and_again()
    {
        await using var house = new LeaseHouse();
        var session = house.NewSession(7);
        var farewell = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.OnLeave = () => farewell.Task;
        await house.JoinAsync(session);

        var first = Task.Run(() => house.Session.LeaveAsync(CancellationToken.None), TestContext.Current.CancellationToken);
        var second = Task.Run(() => house.Session.LeaveAsync(CancellationToken.None), TestContext.Current.CancellationToken);
        farewell.SetResult();

        await Task.WhenAll(first, second).InTime();
        await house.Session.LeaveAsync(CancellationToken.None).InTime();
        Assert.Single(house.Journal.Lines, line => line == "session 7 left");
    }

    [Fact]
    public async Task A_farewell_that_nobody_answers_takes_no_longer_than_the_caller_allows()
    {
        await using var house = new LeaseHouse();
        var session = house.NewSession();
        session.OnLeave = NeverAsync;
        await house.JoinAsync(session);
        using var patience = new CancellationTokenSource();
        var leaving = house.Session.LeaveAsync(patience.Token);

        await patience.CancelAsync();

        await leaving.InTime();
        await session.Disposed.InTime();
        Assert.Equal(MembershipState.Left, house.Session.State);
    }

    [Fact]
    public async Task A_farewell_that_nobody_answers_takes_no_longer_than_the_lease()
    {
        await using var house = new LeaseHouse();
        var session = house.NewSession();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.OnLeave = () =>
        {
            asked.SetResult();
            return NeverAsync();
        };
        await house.JoinAsync(session);
        var leaving = house.Session.LeaveAsync(CancellationToken.None);
        await asked.Task.InTime();

        house.Time.Advance(LeaseHouse.LeaseTime);

        await leaving.InTime();
    }

    [Fact]
    public async Task Leaving_does_not_wait_for_views_that_nobody_answers()
    {
        await using var house = new LeaseHouse();
        var session = await house.JoinAsync(house.NewSession(1));
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.OnReadChanges = async _ =>
        {
            reading.SetResult();
            await NeverAsync();
            return null;
        };
        session.Beat(view: new ViewNumber(1, 2));
        await reading.Task.InTime();
        using var patience = new CancellationTokenSource();
        var leaving = house.Session.LeaveAsync(patience.Token);

        await patience.CancelAsync();

        await leaving.InTime();
        Assert.Equal(MembershipState.Left, house.Session.State);
    }

    [Fact]
    public async Task A_farewell_that_fails_still_ends_the_stay()
    {
        await using var house = new LeaseHouse();
        var session = house.NewSession();
        session.OnLeave = static () => throw new InvalidOperationException("a bug");
        await house.JoinAsync(session);

        await house.Session.LeaveAsync(TestContext.Current.CancellationToken).InTime();

        Assert.Equal(MembershipState.Left, house.Session.State);
        await session.Disposed.InTime();
    }

    [Fact]
    public async Task Leaving_ends_an_attempt_to_join()
    {
        await using var house = new LeaseHouse();
        var joining = house.Session.JoinAsync(TestContext.Current.CancellationToken);
        await house.Backend.AttemptAsync();

        await house.Session.LeaveAsync(TestContext.Current.CancellationToken).InTime();

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => joining.InTime());
        Assert.Equal(MembershipState.Left, house.Session.State);
    }

    [Fact]
    public async Task Leaving_waits_until_an_attempt_has_undone_what_it_asked_of_the_group()
    {
        await using var house = new LeaseHouse();
        house.Session.Start();
        var (givenUp, undone) = (NewPromise(), NewPromise());
        (await house.Backend.AttemptAsync()).OnGivenUp = () =>
        {
            givenUp.SetResult();
            return undone.Task;
        };
        var leaving = house.Session.LeaveAsync(CancellationToken.None);
        await givenUp.Task.InTime();

        Assert.False(leaving.IsCompleted);
        Assert.NotEqual(MembershipState.Left, house.Session.State);
        undone.SetResult();

        await leaving.InTime();
        Assert.Equal(MembershipState.Left, house.Session.State);
    }

    [Fact]
    public async Task A_lease_that_runs_out_while_an_attempt_to_come_back_is_undone_is_no_loss()
    {
        await using var house = new LeaseHouse();
        (await house.JoinAsync(house.NewSession(7))).End("The connection was reset.");
        var attempt = await house.AttachAsync(7);
        var (givenUp, undone) = (NewPromise(), NewPromise());
        attempt.OnGivenUp = () =>
        {
            givenUp.SetResult();
            return undone.Task;
        };
        using var patience = new CancellationTokenSource();
        var leaving = house.Session.LeaveAsync(patience.Token);
        await givenUp.Task.InTime();

        house.Time.Advance(LeaseHouse.Trust);
        undone.SetResult();
        await leaving.InTime();

        Assert.Equal(0, house.UnseenLosses);
        Assert.DoesNotContain(house.Log.Lines, line => line.StartsWith("LeaseExpired", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_attempt_that_is_not_undone_takes_no_longer_than_the_caller_allows_and_what_still_comes_of_it_is_ended()
    {
        await using var house = new LeaseHouse();
        house.Session.Start();
        var attempt = await house.Backend.AttemptAsync();
        var (givenUp, session) = (NewPromise(), house.NewSession());
        attempt.OnGivenUp = () =>
        {
            givenUp.SetResult();
            return attempt.Outcome;
        };
        using var patience = new CancellationTokenSource();
        var leaving = house.Session.LeaveAsync(patience.Token);
        await givenUp.Task.InTime();

        await patience.CancelAsync();
        await leaving.InTime();
        Assert.Equal(MembershipState.Left, house.Session.State);
        attempt.Open(session);

        await session.Disposed.InTime();
        Assert.Empty(house.Log.Lines);
    }

    [Fact]
    public async Task Leaving_ends_the_rest_between_two_attempts()
    {
        await using var house = new LeaseHouse();
        house.Session.Start();
        (await house.Backend.AttemptAsync()).Refuse(new CoordinationUnavailableException("away"));
        await house.Time.TimerSetAsync(due => due <= TimeSpan.FromSeconds(1));

        await house.Session.LeaveAsync(TestContext.Current.CancellationToken).InTime();

        Assert.Equal(MembershipState.Left, house.Session.State);
    }

    [Fact]
    public async Task Leaving_ends_the_attempt_to_come_back()
    {
        await using var house = new LeaseHouse();
        (await house.JoinAsync(house.NewSession(7))).End("The connection was reset.");
        await house.AttachAsync(7);

        await house.Session.LeaveAsync(TestContext.Current.CancellationToken).InTime();

        Assert.Equal(MembershipState.Left, house.Session.State);
    }

    [Fact]
    public async Task Who_joins_while_we_leave_is_refused_and_does_not_wait_for_ever()
    {
        await using var house = new LeaseHouse();
        var session = house.NewSession();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.OnLeave = () =>
        {
            asked.SetResult();
            return NeverAsync();
        };
        await house.JoinAsync(session);
        using var patience = new CancellationTokenSource();
        var leaving = house.Session.LeaveAsync(patience.Token);
        await asked.Task.InTime();

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => house.Session.JoinAsync(CancellationToken.None).InTime());

        await patience.CancelAsync();
        await leaving.InTime();
    }

    [Fact]
    public async Task Who_has_left_can_join_again()
    {
        await using var house = new LeaseHouse();
        await house.JoinAsync(house.NewSession(7));
        await house.Session.LeaveAsync(TestContext.Current.CancellationToken).InTime();

        await house.JoinAsync(house.NewSession(8));

        Assert.Equal(MembershipState.Joined, house.Session.State);
        Assert.Equal(8, house.Session.MemberNumber);
        Assert.False(house.Views.OutToken.IsCancellationRequested);
    }

    [Fact]
    public async Task Leaving_without_having_joined_is_no_error()
    {
        await using var house = new LeaseHouse();

        await house.Session.LeaveAsync(CancellationToken.None).InTime();

        Assert.Empty(house.Journal.Lines);
    }

    [Fact]
    public async Task Disposing_leaves_and_disposes_the_backend_once()
    {
        var house = new LeaseHouse();
        await house.JoinAsync(house.NewSession(7));

        await house.Session.DisposeAsync().InTime();
        await house.Session.DisposeAsync().InTime();

        Assert.Contains("session 7 left", house.Journal.Lines);
        Assert.Equal(1, house.Backend.Disposals);
        Assert.Throws<ObjectDisposedException>(house.Session.Start);
    }

    [Fact]
    public async Task Preparing_to_leave_is_told_to_the_group_and_shows()
    {
        await using var house = new LeaseHouse();
        await house.JoinAsync(house.NewSession(7));

        await house.Session.PrepareToLeaveAsync(TestContext.Current.CancellationToken).InTime();

        Assert.Equal(MembershipState.Leaving, house.Session.State);
        Assert.Contains("session 7 marked leaving", house.Journal.Lines);
        Assert.True(house.Session.Lease.IsOpen); // held locks stay valid until requests have drained
    }

    private static TaskCompletionSource NewPromise() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Task NeverAsync() => new TaskCompletionSource().Task;
}
