namespace Coordination.UnitTests.Locks;

/// <summary>One process cannot use up the lock table of the whole server.</summary>
public sealed class LockCapTests
{
    private readonly LockHouse _house = new();

    public LockCapTests() => _house.Session.MostLocks = 2;

    [Fact]
    public async Task A_new_name_above_the_share_is_refused_without_asking_the_server_and_says_what_to_raise()
    {
        await _house.HoldAsync("a");
        await _house.HoldAsync("b");

        var refused = await Assert.ThrowsAsync<CoordinationException>(() => _house.AcquireAsync("c").InTime());

        Assert.Contains("'c'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("max_locks_per_transaction", refused.Message, StringComparison.Ordinal);
        Assert.Equal((2, 0), (_house.Locks.Held, _house.Locks.Waiting));
        Assert.Equal(0, _house.Session.UnseenCommands);
    }

    [Fact]
    public async Task A_name_that_this_process_has_already_is_waited_for_above_the_share_as_well()
    {
        await _house.HoldAsync("a");
        var held = await _house.HoldAsync("b");
        var next = _house.AcquireAsync("b");
        Assert.False(next.IsCompleted);

        await held.ReleaseAsync(TestContext.Current.CancellationToken).InTime();

        Assert.True((await next.InTime()).IsHeld);
    }

    [Fact]
    public async Task A_name_counts_until_the_server_has_it_back()
    {
        await _house.HoldAsync("a");
        var held = await _house.HoldAsync("b");
        var releasing = held.ReleaseAsync(TestContext.Current.CancellationToken).AsTask();
        var release = await _house.ReleasedAsync();
        await Assert.ThrowsAsync<CoordinationException>(() => _house.AcquireAsync("c").InTime());

        release.Complete(1);
        await releasing.InTime();

        await _house.HoldAsync("c");
    }
}
