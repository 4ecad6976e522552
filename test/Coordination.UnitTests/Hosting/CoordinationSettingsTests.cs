using Coordination.Hosting;

namespace Coordination.UnitTests.Hosting;

public sealed class CoordinationSettingsTests
{
    private const string Url = "postgresql://app:secret@db/orders";

    [Fact]
    public void Defaults_are_filled_in()
    {
        var settings = CoordinationSettings.From(new CoordinationOptions { BackendUrl = Url, Prefix = "api" }, "orders");

        Assert.Equal("orders", settings.Profile.Group);
        Assert.Equal("orders.", settings.LockPrefix);
        Assert.Equal(TimeSpan.FromSeconds(2.5), settings.Profile.HeartbeatInterval);
        Assert.Null(settings.Profile.Url);
        Assert.Matches($@"^api\.{System.Text.RegularExpressions.Regex.Escape(Environment.MachineName)}\.{Environment.ProcessId}\.[0-9a-f]{{6}}$", settings.Profile.MemberId);
    }

    [Fact]
    public void The_default_member_id_is_new_at_every_start()
    {
        var options = new CoordinationOptions { BackendUrl = Url };

        Assert.NotEqual(CoordinationSettings.From(options, "orders").Profile.MemberId, CoordinationSettings.From(options, "orders").Profile.MemberId);
    }

    [Theory]
    [InlineData(KeyFormat.Default, null, "g.")]
    [InlineData(KeyFormat.Tooz, null, "")]
    [InlineData(KeyFormat.DistributedLock, null, "")]
    [InlineData(KeyFormat.Default, "", "")]
    [InlineData(KeyFormat.Tooz, "tacker-", "tacker-")]
    public void The_compatible_formats_have_a_prefix_only_if_one_is_set(KeyFormat format, string? given, string expected)
    {
        var options = new CoordinationOptions { BackendUrl = Url, Group = "g", KeyFormat = format, LockPrefix = given };

        Assert.Equal(expected, CoordinationSettings.From(options, "orders").LockPrefix);
    }

    [Fact]
    public void Later_changes_of_the_options_change_nothing()
    {
        var options = new CoordinationOptions { BackendUrl = Url };
        options.Metadata["zone"] = "a";
        var settings = CoordinationSettings.From(options, "orders");

        options.Metadata["zone"] = "b";

        Assert.Equal("a", settings.Profile.Metadata["zone"]);
    }

    [Fact]
    public void The_text_form_shows_no_url()
    {
        Assert.DoesNotContain("secret", CoordinationSettings.From(new CoordinationOptions { BackendUrl = Url }, "orders").ToString(), StringComparison.Ordinal);
    }
}
