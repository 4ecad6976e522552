using Coordination.Backends;

namespace Coordination.UnitTests.Backends;

public sealed class MomentTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(5, 0, 5)] // both clocks went on together
    [InlineData(5, 1.5, 6.5)] // the machine slept, and the server did not
    [InlineData(0, 60, 60)] // nothing but sleep
    [InlineData(5, -3600, 5)] // a wall clock that was set back makes nothing younger
    public void Time_that_the_monotonic_clock_slept_through_counts(double awake, double wallAhead, double expected)
    {
        var time = new ManualTime();
        var moment = Moment.Now(time);

        time.Advance(TimeSpan.FromSeconds(awake));
        time.SetWall(TimeSpan.FromSeconds(wallAhead));

        Assert.Equal(TimeSpan.FromSeconds(expected), moment.Elapsed(time));
    }
}
