using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class IdentifierTests
{
    [Theory]
    [InlineData("coordination", "\"coordination\"", "\"coordination\"")]
    [InlineData("Mixed Case", "\"Mixed Case\"", "\"Mixed Case\"")]
    [InlineData("a\"; drop schema public; --", "\"a\"\"; drop schema public; --\"", "\"a\"\"; drop schema public; --\"")]
    [InlineData("o'hara", "\"o'hara\"", "\"o''hara\"")]
    public void A_name_stays_a_name(string name, string quoted, string insideText)
    {
        Assert.Equal(quoted, Identifier.Quote(name));
        Assert.Equal(insideText, Identifier.QuoteInText(name));
    }

    [Fact]
    public void A_name_may_have_63_bytes_and_no_more()
    {
        Assert.Equal(65, Identifier.Quote(new string('x', 63)).Length);
        Assert.Throws<CoordinationConfigurationException>(() => Identifier.Quote(new string('x', 64)));
        Assert.Throws<CoordinationConfigurationException>(() => Identifier.Quote(new string('é', 32)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_name_that_no_schema_can_have_is_refused(string name) =>
        Assert.Throws<CoordinationConfigurationException>(() => Identifier.Quote(name));

    [Fact]
    public void Half_a_character_is_refused_and_not_replaced() => Assert.Throws<CoordinationConfigurationException>(() => Identifier.Quote("a\uD800"));
}
