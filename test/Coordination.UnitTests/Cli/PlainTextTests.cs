using Coordination.Shell;

namespace Coordination.UnitTests.Cli;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("order-7", "order-7")]
    [InlineData("zürich 東京 😀", "zürich 東京 😀")]
    [InlineData("a\u001b[2Jb", "a\\u001b[2Jb")]
    [InlineData("a\nb\tc\r", "a\\u000ab\\u0009c\\u000d")]
    [InlineData("a\u202eb\u2028", "a\\u202eb\\u2028")]
    [InlineData("\u009b31m", "\\u009b31m")]
    public void What_would_move_a_terminals_cursor_is_shown_as_its_number(string text, string expected) => Assert.Equal(expected, PlainText.Of(text));

    [Theory]
    [InlineData(-5, "0.0s")]
    [InlineData(0.26, "0.3s")]
    [InlineData(59, "59s")]
    [InlineData(61, "1m1s")]
    [InlineData(7260, "2h1m")]
    [InlineData(180_000, "2d2h")]
    public void An_age_has_its_two_greatest_units(double seconds, string expected) => Assert.Equal(expected, PlainText.Age(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Columns_stand_below_each_other_and_nothing_is_cut() => Assert.Equal(
        ["A       B", "1       long", "longer  x", "e\u0301       y"],
        PlainText.Columns([["A", "B"], ["1", "long"], ["longer", "x"], ["e\u0301", "y"]]));
}
