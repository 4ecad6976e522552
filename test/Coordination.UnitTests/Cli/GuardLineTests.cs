using Coordination.Running;

namespace Coordination.UnitTests.Cli;

public sealed class GuardLineTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        Assert.Equal(GuardLine.Until(long.MaxValue), GuardLine.Parse(GuardLine.Until(long.MaxValue).ToString()));
        Assert.Equal(GuardLine.Go, GuardLine.Parse(GuardLine.Go.ToString()));
        Assert.Equal(GuardLine.Signal(15), GuardLine.Parse(GuardLine.Signal(15).ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Until")]
    [InlineData("Until ")]
    [InlineData("Until x")]
    [InlineData("Until -1")]
    [InlineData("Until 1 2")]
    [InlineData("7 1")]
    [InlineData("Unti")]
    public void Half_a_line_is_none(string text) => Assert.Null(GuardLine.Parse(text));
}
