using Coordination.Backends;

namespace Coordination.UnitTests.Backends;

public sealed class FollowPolicyTests
{
    private static readonly TimeSpan JustUnder = FollowPolicy.Longest - TimeSpan.FromMicroseconds(1);

    [Fact]
    public void Nothing_is_held_back_before_two_were_followed()
    {
        var policy = new FollowPolicy(isAllowed: true);

        Assert.False(policy.IsWorthWaiting(TimeSpan.Zero));
        policy.Learn(isFollowed: true);
        Assert.False(policy.IsWorthWaiting(TimeSpan.Zero));
        policy.Learn(isFollowed: true);
        Assert.True(policy.IsWorthWaiting(JustUnder));
    }

    [Fact]
    public void A_release_is_held_back_for_a_moment_only() => Assert.False(Confident().IsWorthWaiting(FollowPolicy.Longest));

    [Fact]
    public void One_that_is_not_followed_changes_nothing_and_two_end_it()
    {
        var policy = Confident();

        policy.Learn(isFollowed: false);
        Assert.True(policy.IsWorthIt);
        policy.Learn(isFollowed: false);
        Assert.False(policy.IsWorthIt);
    }

    [Fact]
    public void A_machine_with_one_processor_holds_nothing_back()
    {
        var policy = new FollowPolicy(isAllowed: false);
        for (var i = 0; i < 10; i++)
        {
            policy.Learn(isFollowed: true);
        }

        Assert.False(policy.IsWorthIt);
    }

    private static FollowPolicy Confident()
    {
        var policy = new FollowPolicy(isAllowed: true);
        for (var i = 0; i < 10; i++)
        {
            policy.Learn(isFollowed: true);
        }

        return policy;
    }
}
