using Coordination.Backends;

namespace Coordination.UnitTests.Locks;

/// <summary>Whoever wants a key whose release is on its way is asked for in the same round trip, but never ahead of the release: the server would count twice.</summary>
public sealed class TryBehindReleaseTests
{
    private static readonly LockRequest Shared = new() { Mode = LockMode.Shared };

    private readonly LockHouse _house = new(postsReleases: true);

    [Fact]
    public async Task A_try_goes_behind_a_release_that_the_session_has()
    {
        var (release, next) = await ReleaseAndAskAsync(isQueued: true);
        var attempt = await _house.TriedAsync(); // before the release is answered

        release.Complete(1);
        Assert.False(next.IsCompleted);
        attempt.Complete(_house.NextToken());

        await GiveBackAsync(await next.InTime());
    }

    [Fact]
    public async Task A_try_waits_for_the_answer_where_the_session_does_not_say_that_it_has_the_release()
    {
        var (release, next) = await ReleaseAndAskAsync(isQueued: false);
        Assert.Equal(0, _house.Session.UnseenCommands);

        release.Complete(1);
        await _house.GrantAsync();

        await GiveBackAsync(await next.InTime());
    }

    [Fact]
    public async Task One_try_is_enough_for_all_who_come_meanwhile()
    {
        var (release, next) = await ReleaseAndAskAsync(isQueued: true);
        var attempt = await _house.TriedAsync();

        var third = _house.AcquireAsync("n");
        Assert.Equal(0, _house.Session.UnseenCommands);
        release.Complete(1);
        attempt.Complete(_house.NextToken());

        await (await next.InTime()).DisposeAsync().InTime(); // passed on
        await GiveBackAsync(await third.InTime());
    }

    [Fact]
    public async Task A_key_that_somebody_elsewhere_took_in_between_is_waited_for()
    {
        var (release, next) = await ReleaseAndAskAsync(isQueued: true);
        var attempt = await _house.TriedAsync();

        release.Complete(1);
        attempt.Complete(null);
        (await _house.Session.WaitingAsync()).Grant(_house.NextToken());

        await GiveBackAsync(await next.InTime());
    }

    [Fact]
    public async Task What_nobody_wants_any_more_when_it_is_granted_goes_back()
    {
        using var impatient = new CancellationTokenSource();
        var (release, next) = await ReleaseAndAskAsync(isQueued: true, impatient.Token);
        var attempt = await _house.TriedAsync();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.InTime());
        release.Complete(1);
        attempt.Complete(_house.NextToken());

        (await _house.ReleasedAsync()).Complete(1);
        _house.AssertEmpty();
    }

    [Fact]
    public async Task A_refused_try_is_told_to_its_callers_and_the_release_stands()
    {
        var (release, next) = await ReleaseAndAskAsync(isQueued: true);
        var attempt = await _house.TriedAsync();

        release.Complete(1);
        attempt.Fail(new CoordinationException("The lock table is full."));

        await Assert.ThrowsAsync<CoordinationException>(() => next.InTime());
        _house.AssertEmpty();
    }

    [Fact]
    public async Task Where_somebody_waits_the_key_is_free_for_a_moment_before_it_is_asked_for_again()
    {
        var holder = await _house.HoldAsync("n", LockMode.Shared);
        var writer = _house.AcquireAsync("n"); // wants more than was granted: it cannot be passed on

        await holder.DisposeAsync().InTime();
        var release = await _house.ReleasedAsync();
        release.IsQueued = true;
        var reader = _house.AcquireAsync("n", Shared);
        Assert.Equal(0, _house.Session.UnseenCommands);
        release.Complete(1);
        await _house.GrantAsync();

        await (await writer.InTime()).DisposeAsync().InTime(); // passed on
        await GiveBackAsync(await reader.InTime());
    }

    [Fact]
    public async Task A_try_for_fewer_rights_than_somebody_wants_by_then_is_given_back_and_asked_again()
    {
        using var impatient = new CancellationTokenSource();
        var (release, reader) = await ReleaseAndAskAsync(isQueued: true, impatient.Token, Shared);
        var attempt = await _house.TriedAsync();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reader.InTime());
        var writer = _house.AcquireAsync("n");
        release.Complete(1);
        attempt.Complete(_house.NextToken());
        (await _house.ReleasedAsync()).Complete(1);
        await _house.GrantAsync();

        await GiveBackAsync(await writer.InTime());
    }

    [Theory]
    [InlineData(LockMode.Shared, LockMode.Exclusive, true)]
    [InlineData(LockMode.Exclusive, LockMode.Shared, false)]
    public async Task Who_does_not_wait_is_answered_by_a_try_of_its_own_mode(LockMode first, LockMode second, bool firstGranted)
    {
        using var impatient = new CancellationTokenSource();
        var (release, gone) = await ReleaseAndAskAsync(isQueued: true, impatient.Token, new LockRequest { Mode = first });
        var attempt = await _house.TriedAsync();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.InTime());

        var impatientOne = _house.TryAcquireAsync("n", new LockRequest { Mode = second });
        release.Complete(1);
        attempt.Complete(firstGranted ? _house.NextToken() : null); // free; or shared by others, which is no answer for a reader
        if (firstGranted)
        {
            (await _house.ReleasedAsync()).Complete(1);
        }

        Assert.False(impatientOne.IsCompleted);
        await _house.GrantAsync();
        await GiveBackAsync(Assert.IsType<ILockHandle>(await impatientOne.InTime(), exactMatch: false));
    }

    private async Task<(LockCommand Release, Task<ILockHandle> Next)> ReleaseAndAskAsync(bool isQueued, CancellationToken cancellationToken = default, LockRequest request = default)
    {
        var held = await _house.HoldAsync("n");
        await held.DisposeAsync().InTime();
        var release = await _house.ReleasedAsync();
        release.IsQueued = isQueued;
        return (release, _house.AcquireAsync("n", request, cancellationToken));
    }

    private async Task GiveBackAsync(ILockHandle held)
    {
        await held.DisposeAsync().InTime();
        (await _house.ReleasedAsync()).Complete(1);
        _house.AssertEmpty();
    }
}
