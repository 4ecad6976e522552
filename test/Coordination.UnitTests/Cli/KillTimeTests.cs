using Coordination.Running;
using Coordination.Sessions;

namespace Coordination.UnitTests.Cli;

public sealed class KillTimeTests
{
    [Theory]
    [InlineData(1.5)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(60)]
    [InlineData(600)]
    public void The_command_is_dead_before_the_server_can_give_the_lock_to_somebody_else(double lease)
    {
        var time = TimeSpan.FromSeconds(lease);
        var end = LeaseClock.TrustOf(time) + KillTime.Window(time);

        // Also when our clock goes 3 % slower than the server's, and unless the lease is so short that nothing is left of its tenth.
        Assert.True(end * 1.03 <= time || end == LeaseClock.TrustOf(time), $"{end} of {time}");
    }

    [Theory]
    [InlineData(0, 10, 5, 0.7)]
    [InlineData(-0.2, 10, 5, 0.5)]
    [InlineData(-9, 10, 5, 0)]
    [InlineData(0.04, 10, 5, 0.74)]
    [InlineData(0, 10, 0.1, 0.1)]
    [InlineData(0, 60, 1, 1)]
    [InlineData(0, 60, 10, 4.2)]
    [InlineData(0, 2, 5, 0)]
    [InlineData(0.5, 10, 5, 0)]
    [InlineData(8.9, 10, 5, 0)]
    public void A_lease_that_ran_out_leaves_a_part_of_its_last_tenth_and_a_session_that_was_ended_nothing(double left, double lease, double killAfter, double expected) =>
        Assert.Equal(expected, KillTime.After(TimeSpan.FromSeconds(left), TimeSpan.FromSeconds(lease), TimeSpan.FromSeconds(killAfter)).TotalSeconds, 6);
}
