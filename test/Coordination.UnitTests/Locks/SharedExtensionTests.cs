namespace Coordination.UnitTests.Locks;

/// <summary>Sharing a lock that has been shared for long already.</summary>
public sealed class SharedExtensionTests
{
    private static readonly LockRequest Shared = new() { Mode = LockMode.Shared };
    private static readonly TimeSpan TooOld = TimeSpan.FromSeconds(1);

    private readonly LockHouse _house = new();

    [Fact]
    public async Task It_goes_on_with_a_fresh_token_while_nobody_waits_elsewhere()
    {
        var one = await _house.HoldAsync("n", LockMode.Shared);
        _house.Time.Advance(TooOld);
        _house.Session.OnTryExtend = _ => Task.FromResult<long?>(_house.NextToken());

        var two = Assert.IsType<ILockHandle>(await _house.TryAcquireAsync("n", Shared).InTime(), exactMatch: false);

        Assert.True(two.Token > one.Token);
        Assert.NotNull(await _house.TryAcquireAsync("n", Shared).InTime());
        Assert.Equal((3, 0), (_house.Locks.Held, _house.Locks.Waiting));
    }

    [Fact]
    public async Task Somebody_who_waits_elsewhere_goes_first()
    {
        var one = await _house.HoldAsync("n", LockMode.Shared);
        _house.Time.Advance(TooOld);

        Assert.Null(await _house.TryAcquireAsync("n", Shared).InTime());
        var waiting = _house.AcquireAsync("n", Shared);
        var releasing = one.DisposeAsync().AsTask();
        (await _house.ReleasedAsync()).Complete(1);
        await releasing.InTime();

        Assert.False(waiting.IsCompleted);
        await _house.GrantAsync();
        await waiting.InTime();
    }

    [Fact]
    public async Task It_is_asked_again_until_the_other_has_gone()
    {
        await _house.HoldAsync("n", LockMode.Shared);
        _house.Time.Advance(TooOld);
        var waiting = _house.AcquireAsync("n", Shared);
        _house.Session.OnTryExtend = _ => Task.FromResult<long?>(_house.NextToken());
        Assert.Null(await _house.TryAcquireAsync("n", Shared).InTime()); // it was asked a moment ago, and somebody waited

        _house.Time.Advance(TooOld);

        Assert.True((await waiting.InTime()).IsHeld);
    }

    [Fact]
    public async Task An_answer_that_comes_after_the_last_holder_has_gone_grants_nothing()
    {
        var answer = new TaskCompletionSource<long?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _house.Session.OnTryExtend = _ => answer.Task;
        var one = await _house.HoldAsync("n", LockMode.Shared);
        _house.Time.Advance(TooOld);
        var waiting = _house.AcquireAsync("n", Shared);
        var releasing = one.DisposeAsync().AsTask();
        var release = await _house.ReleasedAsync();

        answer.SetResult(_house.NextToken());
        release.Complete(1);
        await releasing.InTime();

        var token = await _house.GrantAsync();
        Assert.Equal(token, (await waiting.InTime()).Token.Value);
        Assert.Equal((1, 0), (_house.Locks.Held, _house.Locks.Waiting));
    }
}
