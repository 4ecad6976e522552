using Coordination.Dashboard;

namespace Coordination.UnitTests.Dashboard;

public sealed class WaitSeriesTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(0.000_002)]
    [InlineData(0.004)]
    [InlineData(1.5)]
    [InlineData(60)]
    public void A_percentile_is_right_to_an_eighth(double seconds)
    {
        var series = new WaitSeries(_time);
        for (var i = 0; i < 100; i++)
        {
            series.Add(_time.GetTimestamp(), seconds);
        }

        var summary = series.Summarize(_time.GetTimestamp());

        Assert.Equal(100, summary.Count);
        Assert.InRange(summary.P50, seconds * 1000 * 0.87, seconds * 1000 * 1.13);
        Assert.Equal(summary.P50, summary.P99);
    }

    [Fact]
    public void One_in_a_hundred_shows_in_p99_and_not_in_p50()
    {
        var series = new WaitSeries(_time);
        for (var i = 0; i < 98; i++)
        {
            series.Add(_time.GetTimestamp(), 0.001);
        }

        series.Add(_time.GetTimestamp(), 10);
        series.Add(_time.GetTimestamp(), 10);
        var summary = series.Summarize(_time.GetTimestamp());

        Assert.InRange(summary.P50, 0.87, 1.13);
        Assert.InRange(summary.P99, 8700, 11_300);
    }

    [Fact]
    public void What_is_older_than_five_minutes_is_forgotten()
    {
        var series = new WaitSeries(_time);
        series.Add(_time.GetTimestamp(), 0.001);
        _time.Advance(TimeSpan.FromMinutes(4));
        series.Add(_time.GetTimestamp(), 0.001);
        Assert.Equal(2, series.Summarize(_time.GetTimestamp()).Count);

        _time.Advance(TimeSpan.FromMinutes(2));

        var summary = series.Summarize(_time.GetTimestamp());
        Assert.Equal(1, summary.Count);
        Assert.Single(summary.Points50, point => point > 0);
    }
}
