using Coordination.Shell;

namespace Coordination.UnitTests.Cli;

public sealed class DurationTests
{
    [Theory]
    [InlineData("5s", 5000)]
    [InlineData("500ms", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1.5", 1500)]
    [InlineData("0", 0)]
    [InlineData("2147483647ms", int.MaxValue)]
    public void A_length_of_time_is_read_as_people_write_it(string text, double milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1 s")]
    [InlineData("1e9")]
    [InlineData("NaN")]
    [InlineData("Infinitys")]
    [InlineData("1,5s")]
    [InlineData("5S")]
    [InlineData("2147483648ms")]
    [InlineData("600h")]
    public void What_is_none_is_refused(string? text) => Assert.False(Duration.TryParse(text, out _));
}
