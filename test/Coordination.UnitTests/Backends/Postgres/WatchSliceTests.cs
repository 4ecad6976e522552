using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class WatchSliceTests
{
    private static readonly TimeSpan Longest = WatchSlice.LongestFor(TimeSpan.FromSeconds(1));

    [Theory]
    [InlineData(0, 150)] // an observer of an empty group
    [InlineData(1, 150)]
    [InlineData(7, 150)]
    [InlineData(10, 200)]
    [InlineData(20, 400)]
    [InlineData(45, 900)]
    [InlineData(1000, 900)]
    public void A_slice_is_short_in_small_groups_and_never_over_nine_tenths_of_a_second(int members, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), WatchSlice.Of(members, Longest));

    [Fact]
    public void All_watchers_of_a_group_together_ask_no_more_than_fifty_times_a_second_while_slices_can_grow()
    {
        for (var members = 1; members <= 45; members++)
        {
            Assert.InRange(members / WatchSlice.Of(members, Longest).TotalSeconds, 1, WatchSlice.MostStatements + 1e-9);
        }
    }

    [Theory]
    [InlineData(1000, 900)]
    [InlineData(5000, 900)]
    [InlineData(100, 90)] // a server that looks for deadlocks early
    public void No_wait_reaches_the_servers_deadlock_timeout(int deadlockTimeout, int longest)
    {
        var limit = WatchSlice.LongestFor(TimeSpan.FromMilliseconds(deadlockTimeout));

        Assert.Equal(TimeSpan.FromMilliseconds(longest), limit);
        Assert.All([1, 10, 500], members => Assert.InRange(WatchSlice.Of(members, limit), TimeSpan.FromMilliseconds(1), limit));
    }
}
