using Coordination.Locks;

namespace Coordination.UnitTests.Locks;

public sealed class ClaimTermsTests
{
    [Theory]
    [InlineData(null, false, null, true, true)] // AcquireAsync waits for ever
    [InlineData(null, true, 0L, false, false)] // TryAcquireAsync does not wait
    [InlineData(-1L, false, null, true, true)]
    [InlineData(-1L, true, null, true, false)]
    [InlineData(0L, false, 0L, false, true)]
    [InlineData(0L, true, 0L, false, false)]
    [InlineData(250L, false, 250L, true, true)]
    [InlineData(250L, true, 250L, true, false)]
    [InlineData((long)int.MaxValue, true, (long)int.MaxValue, true, false)]
    public void A_request_says_how_long_to_wait_and_what_busy_means(long? timeout, bool isTry, long? patience, bool waits, bool throws)
    {
        var terms = ClaimTerms.Of(new LockRequest { Timeout = Span(timeout), Mode = LockMode.Shared }, isTry);

        Assert.Equal(new ClaimTerms(LockMode.Shared, Span(patience), throws), terms);
        Assert.Equal(waits, terms.Waits);
    }

    [Theory]
    [InlineData(-2L)]
    [InlineData(-3_600_000L)]
    [InlineData(int.MaxValue + 1L)]
    public void A_timeout_that_no_timer_can_keep_is_refused(long timeout)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ClaimTerms.Of(new LockRequest { Timeout = Span(timeout) }, isTry: false));

        Assert.Equal(Span(timeout), error.ActualValue);
        Assert.Contains("InfiniteTimeSpan", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_mode_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ClaimTerms.Of(new LockRequest { Mode = (LockMode)7 }, isTry: true));

    private static TimeSpan? Span(long? milliseconds) => milliseconds is { } value ? TimeSpan.FromMilliseconds(value) : null;
}
