using Coordination.Running;
using Coordination.Sessions;

namespace Coordination.UnitTests.Cli;

public sealed class KillTimeTests
{
    [Theory]
    [InlineData(1.5)]
    [InlineData(10)]
    [InlineData(600)]
    public void A_command_is_told_while_the_lock_is_believed_and_only_when_several_heartbeats_have_failed(double lease)
    {
        var time = TimeSpan.FromSeconds(lease);

        Assert.InRange(LeaseClock.TrustOf(time) - KillTime.Window(time), time * 0.75, LeaseClock.TrustOf(time) - TimeSpan.FromMilliseconds(100));
    }

    [Theory]
    [InlineData(false, 0.7, 5, 0.7)]
    [InlineData(false, 4.2, 1, 1)]
    [InlineData(false, 0, 5, 0)]
    [InlineData(false, -9, 5, 0)]
    [InlineData(true, 8.9, 5, 0)] // the server ended the session: the lock may be somebody's already
    [InlineData(true, 0, 5, 0)]
    public void It_has_what_is_left_of_the_belief_and_nothing_when_the_lock_is_lost(bool isLost, double believed, double killAfter, double expected) =>
        Assert.Equal(expected, KillTime.After(isLost, TimeSpan.FromSeconds(believed), TimeSpan.FromSeconds(killAfter)).TotalSeconds, 6);
}
