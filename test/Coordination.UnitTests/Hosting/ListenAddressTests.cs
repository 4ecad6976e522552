using Coordination.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.UnitTests.Hosting;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("http://10.0.0.5:8080", "http://10.0.0.5:8080/")]
    [InlineData("http://localhost:5000", "http://localhost:5000/")]
    [InlineData("https://app.example:443", "https://app.example/")]
    [InlineData("http://0.0.0.0:8080", "http://box:8080/")]
    [InlineData("http://[::]:8080", "http://box:8080/")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080/")]
    [InlineData("http://+:8080", "http://box:8080/")]
    [InlineData("https://*:8443", "https://box:8443/")]
    [InlineData("http://unix:/run/app.sock", null)]
    [InlineData("http://unix:/run/app.sock|http://[::]:1", "http://box:1/")]
    [InlineData("http://pipe:/app", null)]
    [InlineData("net.tcp://h:1|http://h:2", "http://h:2/")]
    [InlineData("nonsense", null)]
    [InlineData("", null)]
    public void The_first_address_that_others_can_use_is_taken(string addresses, string? expected)
    {
        Assert.Equal(expected, ListenAddress.Choose(addresses.Split('|'), "box")?.AbsoluteUri);
    }

    [Fact]
    public void A_process_without_a_web_server_has_none()
    {
        using var services = new ServiceCollection().BuildServiceProvider();

        Assert.Null(ListenAddress.Find(services));
    }
}
