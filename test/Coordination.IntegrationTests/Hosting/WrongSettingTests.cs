using Coordination.IntegrationTests.Infrastructure;
using Microsoft.Extensions.Options;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>Settings that are wrong in themselves: refused before anything is connected.</summary>
public sealed class WrongSettingTests
{
    [Theory]
    [InlineData("redis://app:secret-word@localhost/0", "redis")]
    [InlineData("postgresql://app:secret-word@localhost:99999/orders", "port")]
    [InlineData("postgresql://app:secret-word@localhost/orders?colour=blue", "colour")]
    [InlineData("postgresql://app:secret-word@localhost/orders?sslmode=maybe", "sslmode")]
    [InlineData("Host=localhost;Username=app;Password=secret-word;Colour=blue", "keyword")]
    [InlineData("postgresql://app:secret-word@/orders%ZZ", "%")]
    public async Task A_wrong_url_is_named_and_its_password_is_not(string url, string named)
    {
        var attempt = await StartAttempt.FailingAsync(url);

        Assert.IsType<OptionsValidationException>(attempt.Error);
        Assert.Contains("BackendUrl", attempt.Message, StringComparison.Ordinal);
        Assert.Contains(named, attempt.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secret-word", attempt.Everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_faults_are_in_one_message()
    {
        var attempt = await StartAttempt.FailingAsync("gopher://localhost", options =>
        {
            options.LeaseTime = TimeSpan.FromSeconds(4);
            options.HeartbeatInterval = TimeSpan.FromSeconds(2);
            options.MaxWaiterConnections = 0;
            options.Schema = "Not a name";
        });

        Assert.All(
            ["gopher", "LeaseTime", "HeartbeatInterval", "00:00:02", "MaxWaiterConnections", "Not a name"],
            part => Assert.Contains(part, attempt.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lease_shorter_than_three_beats_is_refused_with_both_values()
    {
        var attempt = await StartAttempt.FailingAsync("memory://short", options =>
        {
            options.LeaseTime = TimeSpan.FromSeconds(5);
            options.HeartbeatInterval = TimeSpan.FromSeconds(2);
        });

        Assert.Contains("00:00:05", attempt.Message, StringComparison.Ordinal);
        Assert.Contains("00:00:02", attempt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_url_the_message_lists_every_place_that_was_looked_at()
    {
        var attempt = await StartAttempt.FailingAsync(string.Empty);

        Assert.All(
            ["Coordination", "ConnectionStrings:coordination", "COORDINATION_URI", "AddCoordination"],
            place => Assert.Contains(place, attempt.Message, StringComparison.Ordinal));
    }
}
