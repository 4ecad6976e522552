using Coordination.Backends;

namespace Coordination.UnitTests.Backends.Memory;

public sealed class MemoryLocksTests : IAsyncDisposable
{
    private static readonly LockKey Key = LockKey.Single(7);
    private static readonly CancellationToken Never = CancellationToken.None;
    private readonly MemoryHouse _house = new();

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_key_has_one_holder_and_is_free_after_its_release()
    {
        var (a, b) = (await _house.JoinAsync("a"), await _house.JoinAsync("b"));

        Assert.NotNull(await TestCommand.TryAsync(a, Key));
        Assert.Null(await TestCommand.TryAsync(b, Key));
        Assert.Equal(1, await TestCommand.ReleaseAsync(a, Key));
        Assert.NotNull(await TestCommand.TryAsync(b, Key));
        Assert.Equal(0, await TestCommand.ReleaseAsync(a, Key));
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_pair_is_another_key_than_a_bigint_with_the_same_bits()
    {
        var (a, b) = (await _house.JoinAsync("a"), await _house.JoinAsync("b"));

        Assert.NotNull(await TestCommand.TryAsync(a, LockKey.Single(5)));
        Assert.NotNull(await TestCommand.TryAsync(b, LockKey.Pair(0, 5)));
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Tokens_rise_with_every_grant_whoever_gets_it()
    {
        var (a, b) = (await _house.JoinAsync("a"), await _house.JoinAsync("b"));
        var tokens = new List<long?>();
        foreach (var session in new[] { a, b, a, b })
        {
            tokens.Add(await TestCommand.TryAsync(session, Key));
            await TestCommand.ReleaseAsync(session, Key);
        }

        Assert.DoesNotContain(null, tokens);
        Assert.Equal(tokens.Order().Distinct(), tokens);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Waiters_are_served_in_the_order_in_which_they_came()
    {
        var (holder, first, second) = (await _house.JoinAsync("a"), await _house.JoinAsync("b"), await _house.JoinAsync("c"));
        await TestCommand.TryAsync(holder, Key);
        var one = first.WaitAsync(Key, LockMode.Exclusive, Never);
        var two = second.WaitAsync(Key, LockMode.Exclusive, Never);

        await TestCommand.ReleaseAsync(holder, Key);
        var earlier = await one;
        Assert.False(two.IsCompleted);
        await TestCommand.ReleaseAsync(first, Key);

        Assert.True((await two)!.Value.Token > earlier!.Value.Token);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_queued_exclusive_request_stops_later_shared_ones_and_a_try_overtakes_nobody()
    {
        var (reader, writer, late, later) =
            (await _house.JoinAsync("a"), await _house.JoinAsync("b"), await _house.JoinAsync("c"), await _house.JoinAsync("d"));
        Assert.NotNull(await TestCommand.TryAsync(reader, Key, LockMode.Shared));
        var write = writer.WaitAsync(Key, LockMode.Exclusive, Never);
        var read = late.WaitAsync(Key, LockMode.Shared, Never);

        Assert.Null(await TestCommand.TryAsync(later, Key, LockMode.Shared));
        Assert.False(write.IsCompleted || read.IsCompleted);
        await TestCommand.ReleaseAsync(reader, Key);
        var written = await write;
        Assert.False(read.IsCompleted);
        await TestCommand.ReleaseAsync(writer, Key);

        Assert.True((await read)!.Value.Token > written!.Value.Token);
        Assert.NotNull(await TestCommand.TryAsync(later, Key, LockMode.Shared));
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Shared_requests_need_not_wait_for_an_exclusive_one_that_gave_up()
    {
        var (reader, writer, late) = (await _house.JoinAsync("a"), await _house.JoinAsync("b"), await _house.JoinAsync("c"));
        using var patience = new CancellationTokenSource();
        await TestCommand.TryAsync(reader, Key, LockMode.Shared);
        var write = writer.WaitAsync(Key, LockMode.Exclusive, patience.Token);
        var read = late.WaitAsync(Key, LockMode.Shared, Never);

        await patience.CancelAsync();

        Assert.Null(await write);
        Assert.NotNull(await read);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task A_wait_that_is_cancelled_while_it_is_granted_holds_the_key_exactly_when_it_says_so()
    {
        var (a, b) = (await _house.JoinAsync("a"), await _house.JoinAsync("b"));
        for (var round = 0; round < 1000; round++)
        {
            using var patience = new CancellationTokenSource();
            Assert.NotNull(await TestCommand.TryAsync(a, Key));
            var wait = b.WaitAsync(Key, LockMode.Exclusive, patience.Token);
            var cancel = Task.Run(patience.Cancel, Never);
            await TestCommand.ReleaseAsync(a, Key);
            await cancel;

            Assert.Equal(await wait is null ? 0 : 1, await TestCommand.ReleaseAsync(b, Key));
        }
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Locks_and_places_in_queues_die_with_their_session()
    {
        var (holder, waiter, next) = (await _house.JoinAsync("a"), await _house.JoinAsync("b"), await _house.JoinAsync("c"));
        await TestCommand.TryAsync(holder, Key);
        var gone = waiter.WaitAsync(Key, LockMode.Exclusive, Never);
        var served = next.WaitAsync(Key, LockMode.Exclusive, Never);

        await waiter.DisposeAsync();
        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => gone);
        await holder.DisposeAsync();

        Assert.NotNull(await served);
    }

    [Fact(Timeout = MemoryHouse.Limit)]
    public async Task Asking_twice_for_a_key_is_a_fault_of_the_caller()
    {
        var session = await _house.JoinAsync("a");
        await TestCommand.TryAsync(session, Key);

        Assert.Throws<InvalidOperationException>(() => { _ = TestCommand.TryAsync(session, Key); });
    }
}
