using Coordination.Backends;
using Coordination.Locks;

namespace Coordination.UnitTests.Locks;

public sealed class LockTableGrantTests
{
    private static readonly LockRequest Shared = new() { Mode = LockMode.Shared };

    private readonly LockHouse _house = new();

    [Fact]
    public async Task A_free_name_costs_one_command_and_is_held_with_the_tokens_of_the_server()
    {
        var asked = _house.AcquireAsync("n");
        Assert.Equal((0, 1), (_house.Locks.Held, _house.Locks.Waiting));
        var token = await _house.GrantAsync();

        var held = await asked.InTime();

        Assert.True(held.IsHeld);
        Assert.Equal("n", held.Name.Value);
        Assert.Equal(new FencingToken(token), held.Token);
        Assert.Equal((1, 0), (_house.Locks.Held, _house.Locks.Waiting));
    }

    [Fact]
    public async Task The_server_sees_one_contender_per_key()
    {
        var asked = Enumerable.Range(0, 5).Select(_ => _house.AcquireAsync("n")).ToList();

        await _house.GrantAsync();

        await asked[0].InTime();
        Assert.Equal((1, 4), (_house.Locks.Held, _house.Locks.Waiting));
        Assert.Equal(0, _house.Session.UnseenCommands);
    }

    [Fact]
    public async Task Different_names_do_not_wait_for_one_another()
    {
        var (a, b) = (_house.AcquireAsync("a"), _house.AcquireAsync("b"));
        var (first, second) = (await _house.TriedAsync(), await _house.TriedAsync());

        second.Complete(_house.NextToken());
        Assert.True((await b.InTime()).IsHeld);
        first.Complete(_house.NextToken());
        Assert.True((await a.InTime()).IsHeld);
    }

    [Fact]
    public async Task First_come_first_served_in_the_order_of_the_calls()
    {
        var held = await _house.HoldAsync("n");
        var asked = Enumerable.Range(0, 10).Select(_ => _house.AcquireAsync("n")).ToList();

        foreach (var next in asked)
        {
            await held.ReleaseAsync(TestContext.Current.CancellationToken).InTime();
            Assert.Equal(1, _house.Locks.Held);
            held = await next.InTime();
        }
    }

    [Fact]
    public async Task A_caller_who_does_not_wait_is_told_at_once_that_a_neighbour_has_it()
    {
        await _house.HoldAsync("n");

        Assert.Null(await _house.TryAcquireAsync("n").InTime());
        await Assert.ThrowsAsync<LockTimeoutException>(() => _house.AcquireAsync("n", new LockRequest { Timeout = TimeSpan.Zero }).InTime());

        Assert.Equal(0, _house.Session.UnseenCommands);
    }

    [Fact]
    public async Task A_caller_who_does_not_wait_is_told_that_another_process_has_it()
    {
        var asked = _house.TryAcquireAsync("n");

        (await _house.TriedAsync()).Complete(null);

        Assert.Null(await asked.InTime());
        _house.AssertEmpty();
    }

    [Fact]
    public async Task Whoever_waits_behind_one_who_does_not_stands_in_line_at_the_server()
    {
        var impatient = _house.TryAcquireAsync("n");
        var patient = _house.AcquireAsync("n");

        var wait = await _house.BusyAsync();
        Assert.Null(await impatient.InTime());
        wait.Grant(_house.NextToken());

        Assert.True((await patient.InTime()).IsHeld);
    }

    [Fact]
    public async Task A_name_that_another_process_holds_is_waited_for_at_the_server_once_for_all()
    {
        var first = _house.AcquireAsync("n");
        var second = _house.AcquireAsync("n");

        var wait = await _house.BusyAsync();
        Assert.Equal((_house.KeyOf("n"), LockMode.Exclusive), (wait.Key, wait.Mode));
        wait.Grant(7 * Fence.Step);

        Assert.Equal(new FencingToken(7 * Fence.Step), (await first.InTime()).Token);
        Assert.Equal((1, 1), (_house.Locks.Held, _house.Locks.Waiting));
        Assert.False(second.IsCompleted);
        Assert.Equal((0, 0), (_house.Session.UnseenCommands, _house.Session.UnseenWaits));
    }

    [Fact]
    public async Task Two_names_with_one_key_exclude_each_other()
    {
        var house = new LockHouse(KeyFormat.Tooz);
        var pair = Enumerable.Range(0, 2000).Select(i => $"n{i}").GroupBy(house.KeyOf).First(names => names.Count() > 1).Take(2).ToArray();
        var held = await house.HoldAsync(pair[0]);

        Assert.Null(await house.TryAcquireAsync(pair[1]).InTime());
        var waiting = house.AcquireAsync(pair[1]);
        Assert.Equal((1, 1), (house.Locks.Held, house.Locks.Waiting));
        Assert.Equal(0, house.Session.UnseenCommands); // the server would say yes: its locks are re-entrant
        await held.DisposeAsync().InTime();

        Assert.Equal(pair[1], (await waiting.InTime()).Name.Value);
    }

    [Fact]
    public async Task Shared_holders_join_without_asking_the_server()
    {
        var first = await _house.HoldAsync("n", LockMode.Shared);

        var second = await _house.AcquireAsync("n", Shared).InTime();
        var third = await _house.TryAcquireAsync("n", Shared).InTime();

        Assert.Equal(3, _house.Locks.Held);
        Assert.Equal(0, _house.Session.UnseenCommands);
        Assert.Equal(3, new[] { first, second, third! }.Select(held => held.Token).Distinct().Count());
        await first.DisposeAsync().InTime();
        await second.DisposeAsync().InTime();
        Assert.Equal(0, _house.Session.UnseenCommands); // the last one gives it back
        var last = third!.ReleaseAsync(TestContext.Current.CancellationToken);
        (await _house.ReleasedAsync()).Complete(1);
        Assert.Equal(ReleaseOutcome.Released, await last.InTime());
    }

    [Fact]
    public async Task Shared_callers_do_not_join_past_one_who_waits_for_it_alone()
    {
        var reader = await _house.HoldAsync("n", LockMode.Shared);
        var writer = _house.AcquireAsync("n");

        var late = _house.AcquireAsync("n", Shared);
        Assert.Equal((1, 2), (_house.Locks.Held, _house.Locks.Waiting));
        var done = reader.DisposeAsync();
        (await _house.ReleasedAsync()).Complete(1); // shared at the server: the writer needs a grant of its own
        await done.InTime();
        await _house.GrantAsync();

        await (await writer.InTime()).DisposeAsync().InTime();
        Assert.True((await late.InTime()).IsHeld);
    }

    [Fact]
    public async Task Shared_callers_in_a_row_are_let_in_together()
    {
        var writer = await _house.HoldAsync("n");
        var readers = Enumerable.Range(0, 4).Select(_ => _house.AcquireAsync("n", Shared)).ToList();
        var next = _house.AcquireAsync("n");

        await writer.DisposeAsync().InTime();

        var held = await Task.WhenAll(readers).InTime();
        Assert.Equal((4, 1), (_house.Locks.Held, _house.Locks.Waiting));
        Assert.Equal(4, held.Select(reader => reader.Token).Distinct().Count());
        foreach (var reader in held)
        {
            Assert.False(next.IsCompleted);
            await reader.DisposeAsync().InTime();
        }

        Assert.True((await next.InTime()).Token > held.Max(reader => reader.Token));
    }

    [Fact]
    public async Task A_shared_grant_is_joined_for_a_bounded_time_only()
    {
        var first = await _house.HoldAsync("n", LockMode.Shared);
        _house.Time.Advance(TimeSpan.FromMilliseconds(500));

        var second = _house.AcquireAsync("n", Shared);
        Assert.Equal((1, 1), (_house.Locks.Held, _house.Locks.Waiting)); // a writer in another process must come in between
        _ = first.DisposeAsync();
        (await _house.ReleasedAsync()).Complete(1);
        await _house.GrantAsync();

        Assert.True((await second.InTime()).IsHeld);
    }

    [Fact]
    public async Task A_lock_is_passed_on_with_fresh_rising_tokens_and_then_given_back()
    {
        var held = await _house.HoldAsync("n");
        var asked = new Queue<Task<ILockHandle>>(Enumerable.Range(0, HandOver.MostExclusive).Select(_ => _house.AcquireAsync("n")));
        var tokens = new List<FencingToken> { held.Token };

        for (var i = 1; i < HandOver.MostExclusive; i++)
        {
            await held.ReleaseAsync(TestContext.Current.CancellationToken).InTime();
            held = await asked.Dequeue().InTime();
            tokens.Add(held.Token);
        }

        Assert.Equal(0, _house.Session.UnseenCommands);
        var last = held.ReleaseAsync(TestContext.Current.CancellationToken);
        (await _house.ReleasedAsync()).Complete(1); // others in line at the server come first now
        await last.InTime();
        await _house.GrantAsync();
        tokens.Add((await asked.Dequeue().InTime()).Token);
        Assert.Equal(tokens.Order(), tokens);
        Assert.Equal(tokens.Count, tokens.Distinct().Count());
    }

    [Fact]
    public async Task A_lock_that_was_held_for_long_is_given_back_first()
    {
        var held = await _house.HoldAsync("n");
        var next = _house.AcquireAsync("n");
        _house.Time.Advance(TimeSpan.FromMilliseconds(10));

        var released = held.ReleaseAsync(TestContext.Current.CancellationToken);

        (await _house.ReleasedAsync()).Complete(1);
        await released.InTime();
        await _house.GrantAsync();
        Assert.True((await next.InTime()).IsHeld);
    }

    [Fact]
    public async Task A_refusal_of_the_server_reaches_its_callers_and_the_name_can_be_asked_for_again()
    {
        var first = _house.AcquireAsync("n");
        var second = _house.AcquireAsync("n");
        var full = new CoordinationException("The lock table is full. Raise max_locks_per_transaction.");

        (await _house.TriedAsync()).Fail(full);

        Assert.Same(full, await Assert.ThrowsAsync<CoordinationException>(() => first.InTime()));
        Assert.Same(full, await Assert.ThrowsAsync<CoordinationException>(() => second.InTime()));
        _house.AssertEmpty();
        Assert.True((await _house.HoldAsync("n")).IsHeld);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_at_the_server_that_fails_is_told_and_the_name_can_be_asked_for_again(bool foreseen)
    {
        var asked = _house.AcquireAsync("n");
        var wait = await _house.BusyAsync();

        wait.Fail(foreseen ? new CoordinationConfigurationException("Nobody may wait. Grant it.") : new InvalidOperationException("a bug"));

        await Assert.ThrowsAnyAsync<CoordinationException>(() => asked.InTime());
        _house.AssertEmpty();
        Assert.True((await _house.HoldAsync("n")).IsHeld);
    }

    [Fact]
    public async Task Thousands_of_names_one_after_another_leave_nothing_behind()
    {
        var house = new LockHouse(onPost: static command => command.Complete(command.IsRelease ? 1 : Fence.Step));

        for (var i = 0; i < 5000; i++)
        {
            await (await house.AcquireAsync($"n{i}").InTime()).DisposeAsync().InTime();
        }

        house.AssertEmpty();
    }
}
