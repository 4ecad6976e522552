using Coordination.Backends;

namespace Coordination.UnitTests.Locks;

/// <summary>Several locks as one, on a server that is the test's.</summary>
public sealed class LockSetTests
{
    private readonly LockHouse _house = new();

    private string[] Sorted { get; }

    public LockSetTests() => Sorted = [.. new[] { "a", "b", "c" }.OrderBy(name => _house.KeyOf(name))];

    [Fact]
    public async Task All_are_tried_together_and_the_token_is_the_greatest_of_theirs()
    {
        var all = AcquireAllAsync("a", "b", "c", "a");
        var tries = new[] { await _house.TriedAsync(), await _house.TriedAsync(), await _house.TriedAsync() };
        Assert.Equal(Sorted.Select(_house.KeyOf), tries.Select(command => command.Key));
        long[] tokens = [7 * Fence.Step, 9 * Fence.Step, 8 * Fence.Step];
        foreach (var (command, token) in tries.Zip(tokens))
        {
            command.Complete(token);
        }

        var held = await all.InTime();

        Assert.Equal(9 * Fence.Step, held.Token.Value);
        Assert.Equal(string.Join(", ", Sorted), held.Name.Value);
    }

    [Fact]
    public async Task What_comes_before_the_busy_one_is_kept_and_what_comes_after_is_given_back_and_waited_for_in_order()
    {
        var all = AcquireAllAsync("a", "b", "c");
        (await _house.TriedAsync()).Complete(_house.NextToken());
        (await _house.TriedAsync()).Complete(null);
        (await _house.TriedAsync()).Complete(_house.NextToken());

        var givenBack = await _house.ReleasedAsync();
        Assert.Equal(_house.KeyOf(Sorted[2]), givenBack.Key);
        givenBack.Complete(1);
        var busy = await _house.BusyAsync();
        Assert.Equal(_house.KeyOf(Sorted[1]), busy.Key);
        busy.Grant(_house.NextToken());
        await _house.GrantAsync();

        Assert.True((await all.InTime()).IsHeld);
    }

    [Fact]
    public async Task A_part_of_a_set_is_never_passed_on_here_because_its_token_stands_for_the_others_too()
    {
        var all = AcquireAllAsync("a", "b");
        await _house.GrantAsync();
        await _house.GrantAsync();
        var held = await all.InTime();
        var next = _house.AcquireAsync("a");

        var releasing = held.DisposeAsync();
        (await _house.ReleasedAsync()).Complete(1);
        (await _house.ReleasedAsync()).Complete(1);
        await releasing.AsTask().InTime();
        await _house.GrantAsync();

        Assert.True((await next.InTime()).Token > held.Token);
    }

    [Fact]
    public async Task The_set_is_lost_with_its_lease()
    {
        var all = AcquireAllAsync("a", "b");
        await _house.GrantAsync();
        await _house.GrantAsync();
        var held = await all.InTime();
        var lost = held.Lost;

        _house.Lose();

        Assert.True(lost.IsCancellationRequested);
        Assert.False(held.IsHeld);
        Assert.Equal(ReleaseOutcome.WasLost, await held.ReleaseAsync(TestContext.Current.CancellationToken).AsTask().InTime());
    }

    [Fact]
    public async Task The_time_is_for_all_of_them_together_and_names_the_one_that_was_missing()
    {
        var all = AcquireAllAsync(new LockRequest { Timeout = TimeSpan.FromSeconds(5) }, "a", "b");
        (await _house.TriedAsync()).Complete(null);
        (await _house.TriedAsync()).Complete(null);
        var first = await _house.BusyAsync();
        _house.Time.Advance(TimeSpan.FromSeconds(3));
        first.Grant(_house.NextToken());
        var second = await _house.BusyAsync();
        _house.Time.Advance(TimeSpan.FromSeconds(2));

        // Its wait at the server ends with nothing, and what the set had is given back.
        (await _house.ReleasedAsync()).Complete(1);
        var error = await Assert.ThrowsAsync<LockTimeoutException>(() => all.InTime());
        Assert.Equal(second.Key, _house.KeyOf(error.Name.Value));
        Assert.Equal(TimeSpan.FromSeconds(5), error.Waited);
    }

    [Fact]
    public async Task An_answer_that_fails_gives_back_what_the_others_got()
    {
        var all = AcquireAllAsync("a", "b");
        (await _house.TriedAsync()).Fail(new CoordinationException("The lock table is full."));
        (await _house.TriedAsync()).Complete(_house.NextToken());

        (await _house.ReleasedAsync()).Complete(1);

        Assert.Equal("The lock table is full.", (await Assert.ThrowsAsync<CoordinationException>(() => all.InTime())).Message);
        _house.AssertEmpty();
    }

    [Fact]
    public async Task Names_too_long_for_one_are_cut()
    {
        var all = AcquireAllAsync(new string('x', 700), new string('é', 400));
        await _house.GrantAsync();
        await _house.GrantAsync();

        Assert.EndsWith("…", (await all.InTime()).Name.Value, StringComparison.Ordinal);
    }

    private Task<ILockHandle> AcquireAllAsync(params string[] names) => AcquireAllAsync(default, names);

    private Task<ILockHandle> AcquireAllAsync(LockRequest request, params string[] names) =>
        _house.Apart(() => _house.Locks.AcquireAllAsync([.. names.Select(name => new LockName(name))], request).AsTask());
}
