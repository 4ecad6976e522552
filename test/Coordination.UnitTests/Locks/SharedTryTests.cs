namespace Coordination.UnitTests.Locks;

/// <summary>Callers that share a lock and do not wait.</summary>
public sealed class SharedTryTests
{
    private static readonly LockRequest Shared = new() { Mode = LockMode.Shared };

    private readonly LockHouse _house = new();

    [Fact]
    public async Task Two_that_come_at_once_share_one_answer()
    {
        var (one, two) = (_house.TryAcquireAsync("n", Shared), _house.TryAcquireAsync("n", Shared));

        await _house.GrantAsync();

        Assert.NotNull(await one.InTime());
        Assert.NotNull(await two.InTime());
        Assert.Equal((2, 0), (_house.Locks.Held, _house.Locks.Waiting));
    }

    [Fact]
    public async Task Both_are_told_that_it_is_busy()
    {
        var (one, two) = (_house.TryAcquireAsync("n", Shared), _house.TryAcquireAsync("n", Shared));

        (await _house.TriedAsync()).Complete(null);

        Assert.Null(await one.InTime());
        Assert.Null(await two.InTime());
        _house.AssertEmpty();
    }

    [Fact]
    public async Task One_behind_somebody_who_wants_it_alone_is_told_with_the_first_answer()
    {
        var one = _house.TryAcquireAsync("n", Shared);
        var alone = _house.AcquireAsync("n");
        var behind = _house.AcquireAsync("n", Shared);
        var two = _house.TryAcquireAsync("n", Shared);

        await _house.GrantAsync();

        Assert.NotNull(await one.InTime());
        Assert.Null(await two.InTime());
        Assert.False(alone.IsCompleted || behind.IsCompleted);
    }
}
