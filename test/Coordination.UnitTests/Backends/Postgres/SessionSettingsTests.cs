using System.Globalization;
using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class SessionSettingsTests
{
    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(2.5)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(15.001)]
    [InlineData(60)]
    public void A_silent_network_never_costs_the_session_before_its_owner_has_stopped_believing(double seconds)
    {
        var lease = TimeSpan.FromSeconds(seconds);
        var settings = Settings(lease, 16);

        Assert.True(Number(settings, "tcp_user_timeout") >= lease.TotalMilliseconds);
        Assert.True(Number(settings, "idle_session_timeout") >= lease.TotalMilliseconds);
        var probes = Number(settings, "tcp_keepalives_idle") + (Number(settings, "tcp_keepalives_interval") * Number(settings, "tcp_keepalives_count"));
        Assert.True(probes >= lease.TotalSeconds, $"{probes} s of probes for a lease of {seconds} s");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(60)]
    public void The_server_gives_a_statement_up_while_the_lease_lasts(double seconds)
    {
        var lease = TimeSpan.FromSeconds(seconds);

        var limit = Number(Settings(lease, 16), "statement_timeout");

        Assert.InRange(limit, 1, lease.TotalMilliseconds * 0.9);
        Assert.True(SessionSettings.CommandTimeout(lease) > lease.TotalSeconds);
    }

    [Theory]
    [InlineData(14, false)]
    [InlineData(16, false)]
    [InlineData(17, true)]
    [InlineData(18, true)]
    public void Transaction_timeout_is_set_where_there_is_one(int version, bool expected) =>
        Assert.Equal(expected, Settings(TimeSpan.FromSeconds(10), version).ContainsKey("transaction_timeout"));

    [Fact]
    public void The_connection_check_can_be_left_out() =>
        Assert.DoesNotContain(
            SessionSettings.For(TimeSpan.FromSeconds(10), 16, check: null), setting => setting.Key == SessionSettings.ChecksConnection);

    [Theory]
    [InlineData("idle_session_timeout", "10000")]
    [InlineData("tcp_keepalives_idle", "5")]
    [InlineData("tcp_keepalives_interval", "2")]
    [InlineData("statement_timeout", "8000")]
    [InlineData("lock_timeout", "0")]
    [InlineData("default_transaction_isolation", "read committed")]
    [InlineData("synchronous_commit", "off")]
    [InlineData("client_connection_check_interval", "100")]
    public void The_default_lease_makes_these_settings(string name, string value) =>
        Assert.Equal(value, Settings(TimeSpan.FromSeconds(10), 16)[name]);

    [Theory]
    [InlineData(10, 15, 2)]
    [InlineData(10, 1, 1)]
    [InlineData(10, 0, 2)] // 0 means for ever
    [InlineData(1, 15, 1)]
    [InlineData(60, 15, 15)]
    [InlineData(60, 30, 15)]
    public void Connecting_takes_a_quarter_of_the_lease_at_most_and_no_longer_than_wished(double lease, int wished, int expected) =>
        Assert.Equal(expected, SessionSettings.ConnectTimeout(TimeSpan.FromSeconds(lease), wished, isFirst: false));

    [Theory]
    [InlineData(10, 15, 5)]
    [InlineData(10, 1, 1)]
    [InlineData(10, 0, 5)]
    [InlineData(1, 15, 1)]
    [InlineData(60, 15, 15)]
    public void The_first_time_it_takes_half_of_the_lease_at_most(double lease, int wished, int expected) =>
        Assert.Equal(expected, SessionSettings.ConnectTimeout(TimeSpan.FromSeconds(lease), wished, isFirst: true));

    private static Dictionary<string, string> Settings(TimeSpan lease, int version) =>
        new(SessionSettings.For(lease, version, check: SessionSettings.UsualCheck));

    private static long Number(Dictionary<string, string> settings, string name) => long.Parse(settings[name], CultureInfo.InvariantCulture);
}
