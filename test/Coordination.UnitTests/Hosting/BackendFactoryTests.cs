using Coordination.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Coordination.UnitTests.Hosting;

public sealed class BackendFactoryTests
{
    [Theory]
    [InlineData("postgresql://app:secret@db,[::1]:6000/orders", "postgresql://db:5432,[::1]:6000/orders")]
    [InlineData("Host=db;Password=secret;Database=orders", "postgresql://db:5432/orders")]
    [InlineData("memory://orders", "memory://orders")]
    public async Task A_url_makes_a_backend_that_shows_no_credential_and_connects_to_nothing(string url, string description)
    {
        await using var backend = BackendFactory.Create(Settings(url), TimeProvider.System, NullLogger.Instance);

        Assert.Equal(description, backend.Description);
    }

    [Theory]
    [InlineData("redis://u:secret@h")]
    [InlineData("postgresql://u:secret@h:x/d")]
    [InlineData("secret")]
    public void A_url_that_was_not_validated_is_refused_without_repeating_it(string url)
    {
        var error = Assert.Throws<CoordinationConfigurationException>(() => BackendFactory.Create(Settings(url), TimeProvider.System, NullLogger.Instance));

        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    private static CoordinationSettings Settings(string url) => CoordinationSettings.From(new CoordinationOptions { BackendUrl = url }, "orders");
}
