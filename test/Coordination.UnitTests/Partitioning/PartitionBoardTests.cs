using Coordination.Partitioning;

namespace Coordination.UnitTests.Partitioning;

public sealed class PartitionBoardTests
{
    private readonly PartitionBoard _board = new(16);

    [Theory]
    [InlineData("", 16, 12)]
    [InlineData("foobar", 16, 5)]
    [InlineData("é", 16, 6)]
    [InlineData("😀", 16, 15)]
    [InlineData("node-1", 100, 58)]
    [InlineData("node-1", 1, 0)]
    public void A_key_belongs_to_this_partition(string key, int count, int partition) => Assert.Equal(partition, new PartitionBoard(count).PartitionOf(key));

    [Fact]
    public void Keys_spread_evenly_over_a_count_that_is_no_power_of_two()
    {
        var board = new PartitionBoard(7);

        var keys = Enumerable.Range(0, 7_000).GroupBy(i => board.PartitionOf($"order-{i}"));

        Assert.All(keys, partition => Assert.InRange(partition.Count(), 850, 1150)); // five standard deviations
    }

    [Fact]
    public void What_is_held_is_mine_and_what_a_lease_that_is_over_still_shows_is_not()
    {
        var (first, second) = (new StubHandle(7), new StubHandle(8));
        _board.Add(3, first);
        _board.Add(5, second);
        Assert.Equal([3, 5], _board.Mine.Order());
        Assert.True(_board.TryGetToken(3, out var token));
        Assert.Equal(7, token.Value);

        first.IsHeld = false; // nobody has told the board
        Assert.Equal([5], _board.Mine);
        Assert.False(_board.TryGetToken(3, out _));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => _board.PartitionOf($"{i}") == 5), Enumerable.Range(0, 100).Select(i => _board.Owns($"{i}")));

        _board.Remove(5, first); // somebody else's farewell
        Assert.Equal([5], _board.Mine);
        _board.Remove(5, second);
        Assert.Empty(_board.Mine);
    }

    [Fact]
    public async Task A_watcher_is_told_what_is_there_and_then_every_change()
    {
        var (first, second) = (new StubHandle(7), new StubHandle(8));
        _board.Add(3, first);
        await using var changes = _board.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.Equal(new PartitionChange(PartitionChangeKind.Assigned, 3, new FencingToken(7)), await NextAsync());

        var next = NextAsync();
        Assert.False(next.IsCompleted);
        _board.Add(5, second);
        Assert.Equal(new PartitionChange(PartitionChangeKind.Assigned, 5, new FencingToken(8)), await next);
        _board.Remove(3, first);
        Assert.Equal(new PartitionChange(PartitionChangeKind.Revoked, 3, new FencingToken(7)), await NextAsync());

        async Task<PartitionChange> NextAsync()
        {
            Assert.True(await changes.MoveNextAsync());
            return changes.Current;
        }
    }

    [Fact]
    public async Task A_slow_watcher_is_told_of_a_new_grant_as_an_end_and_a_beginning()
    {
        var (first, second) = (new StubHandle(7), new StubHandle(8));
        _board.Add(3, first);
        await using var changes = _board.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await changes.MoveNextAsync());

        _board.Remove(3, first);
        _board.Add(3, second);

        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(new PartitionChange(PartitionChangeKind.Revoked, 3, new FencingToken(7)), changes.Current);
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(new PartitionChange(PartitionChangeKind.Assigned, 3, new FencingToken(8)), changes.Current);
    }
}
