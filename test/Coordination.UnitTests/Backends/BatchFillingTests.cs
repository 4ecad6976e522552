using Coordination.Backends;

namespace Coordination.UnitTests.Backends;

public sealed class BatchFillingTests
{
    [Theory]
    [InlineData(1, 1, 0, 0, false)] // a caller alone never waits
    [InlineData(2, 3, 0, 0, false)] // nor do a few
    [InlineData(1, 4, 0, 0, true)] // three are missing
    [InlineData(20, 64, 14, 50, true)]
    [InlineData(20, 64, 15, 50, false)] // the others do something else
    [InlineData(64, 64, 2, 50, true)] // all are there, and more may be coming
    [InlineData(64, 64, 3, 50, false)]
    [InlineData(128, 64, 3, 50, false)]
    [InlineData(20, 64, 0, 99, true)]
    [InlineData(20, 64, 0, 100, false)] // they trickle in: the first have waited long enough
    public void A_batch_is_waited_for_while_its_callers_come_back(int count, int lastBatch, int quiet, int waited, bool isWorthIt) =>
        Assert.Equal(isWorthIt, BatchFilling.IsWorthWaiting(count, lastBatch, TimeSpan.FromMicroseconds(quiet), TimeSpan.FromMicroseconds(waited)));
}
