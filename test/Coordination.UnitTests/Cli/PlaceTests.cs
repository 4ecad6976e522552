using Coordination.Connecting;

namespace Coordination.UnitTests.Cli;

public sealed class PlaceTests
{
    [Theory]
    [InlineData("given", "url", "uri", "given")]
    [InlineData(null, "url", "uri", "url")]
    [InlineData(null, null, "uri", "uri")]
    [InlineData("", " ", "uri", "uri")]
    [InlineData(null, null, null, null)]
    public void The_url_is_the_first_that_is_set(string? given, string? url, string? uri, string? expected) =>
        Assert.Equal(expected, Place.UrlFrom(given, name => name switch { "COORDINATION_URL" => url, "COORDINATION_URI" => uri, _ => "another" }));
}
