using Coordination.Backends;

namespace Coordination.UnitTests.Backends;

public sealed class SpinPolicyTests
{
    private static readonly TimeSpan Soon = SpinPolicy.Fast;
    private static readonly TimeSpan Late = SpinPolicy.Fast + TimeSpan.FromMicroseconds(1);

    [Fact]
    public void Nobody_stays_awake_before_work_has_come_fast_twice()
    {
        var policy = new SpinPolicy(isAllowed: true);

        Assert.False(policy.IsWorthIt);
        policy.Learn(Soon);
        Assert.False(policy.IsWorthIt);
        policy.Learn(Soon);
        Assert.True(policy.IsWorthIt);
    }

    [Fact]
    public void One_pause_in_a_stream_of_work_changes_nothing()
    {
        var policy = Confident();

        policy.Learn(Late);

        Assert.True(policy.IsWorthIt);
    }

    [Fact]
    public void Two_pauses_end_it()
    {
        var policy = Confident();

        policy.Learn(Late);
        policy.Learn(TimeSpan.FromSeconds(1));

        Assert.False(policy.IsWorthIt);
    }

    [Fact]
    public void A_long_quiet_time_is_forgotten_as_fast_as_a_short_one()
    {
        var policy = Confident();
        for (var i = 0; i < 100; i++)
        {
            policy.Learn(Late);
        }

        policy.Learn(Soon);
        policy.Learn(Soon);

        Assert.True(policy.IsWorthIt);
    }

    [Fact]
    public void A_machine_with_one_processor_never_stays_awake()
    {
        var policy = new SpinPolicy(isAllowed: false);
        for (var i = 0; i < 10; i++)
        {
            policy.Learn(TimeSpan.Zero);
        }

        Assert.False(policy.IsWorthIt);
    }

    private static SpinPolicy Confident()
    {
        var policy = new SpinPolicy(isAllowed: true);
        for (var i = 0; i < 10; i++)
        {
            policy.Learn(Soon);
        }

        return policy;
    }
}
