using Coordination.Backends;
using Coordination.Locks;

namespace Coordination.UnitTests.Locks;

public sealed class HandOverTests
{
    [Theory]
    [InlineData(LockMode.Exclusive, 1, 0, true)]
    [InlineData(LockMode.Exclusive, 63, 9, true)]
    [InlineData(LockMode.Exclusive, 64, 0, false)] // many short holders
    [InlineData(LockMode.Exclusive, 1, 10, false)] // one long holder
    [InlineData(LockMode.Shared, 999, 499, true)]
    [InlineData(LockMode.Shared, 1000, 0, false)]
    [InlineData(LockMode.Shared, 1, 500, false)]
    public void One_grant_of_the_server_is_passed_on_a_bounded_number_of_times_and_for_a_bounded_time(
        LockMode mode, int grants, int ageMilliseconds, bool allowed) =>
        Assert.Equal(allowed, HandOver.Allows(mode, grants, TimeSpan.FromMilliseconds(ageMilliseconds)));

    [Fact]
    public void The_tokens_of_one_grant_stay_below_those_of_the_next() =>
        Assert.True(Math.Max(HandOver.MostShared, HandOver.MostExclusive) < Fence.Step);
}
