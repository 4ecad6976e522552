using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class ApplicationNameTests
{
    [Theory]
    [InlineData("orders", "a", "coordination/orders/a")]
    [InlineData("", "", "coordination//")]
    public void A_short_name_is_kept_whole(string group, string member, string expected) =>
        Assert.Equal(expected, ApplicationName.Of(group, member));

    [Theory]
    [InlineData("a", "x", 63)]
    [InlineData("a", "é", 63)] // 15 bytes, and 24 characters of two
    [InlineData("ab", "é", 62)] // 16 bytes, and 23 characters of two: one more byte would be half a character
    [InlineData("a", "€", 63)]
    [InlineData("ab", "€", 61)]
    [InlineData("a", "🔒", 63)]
    [InlineData("ab", "🔒", 60)]
    public void A_long_name_is_cut_at_63_bytes_and_never_inside_a_character(string group, string character, int bytes)
    {
        var name = ApplicationName.Of(group, string.Concat(Enumerable.Repeat(character, 60)));

        Assert.Equal(bytes, StrictUtf8.Encoding.GetByteCount(name));
        Assert.StartsWith($"coordination/{group}/{character}", name, StringComparison.Ordinal);
    }
}
