using Coordination.Backends;
using Coordination.Backends.Postgres;
using Npgsql;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class ConnectionStringTests
{
    [Fact]
    public void What_would_share_or_keep_our_session_is_overridden()
    {
        var built = Build("Host=db;Password='a;b';Pooling=true;Enlist=true;Multiplexing=true;No Reset On Close=false;Keepalive=30;Timeout=60;Command Timeout=0;Cancellation Timeout=5");

        Assert.Equal((false, false, false, true, 0), (built.Pooling, built.Enlist, built.Multiplexing, built.NoResetOnClose, built.KeepAlive));
        Assert.Equal((2, 11, -1), (built.Timeout, built.CommandTimeout, built.CancellationTimeout));
        Assert.Equal(("a;b", "coordination/orders"), (built.Password, built.ApplicationName));
        Assert.True(built.TcpKeepAlive);
    }

    [Theory]
    [InlineData("Host=db", GssEncryptionMode.Disable)]
    [InlineData("Host=db;GSS Encryption Mode=Require", GssEncryptionMode.Require)]
    [InlineData("Host=db;GssEncryptionMode=Prefer", GssEncryptionMode.Prefer)]
    public void Gss_encryption_is_off_unless_asked_for(string text, GssEncryptionMode expected) => Assert.Equal(expected, Build(text).GssEncryptionMode);

    [Theory]
    [InlineData("Host=a", null)]
    [InlineData("Host=a,b", "primary")]
    [InlineData("Host=a,b;Target Session Attributes=read-write", "read-write")]
    public void Several_hosts_are_there_to_find_the_primary(string text, string? expected) => Assert.Equal(expected, Build(text).TargetSessionAttributes);

    [Theory]
    [InlineData("Host=a,b")]
    [InlineData("Host=a,b;Target Session Attributes=primary")]
    public void After_a_failover_the_old_primary_is_not_believed_to_be_one(string text) => Assert.Equal(0, Build(text).HostRecheckSeconds);

    [Theory]
    [InlineData("Host=db", true, 5, 2)]
    [InlineData("Host=db;TCP Keepalive=false", true, 5, 2)]
    [InlineData("Host=db;TCP Keepalive Time=7;TCP Keepalive Interval=3", true, 7, 3)]
    [InlineData("Host=db;TCP Keepalive Time=7", true, 7, 0)]
    [InlineData("Host=/run/postgresql", false, 0, 0)]
    [InlineData("Host=/run/postgresql;TCP Keepalive Time=7", false, 0, 0)]
    [InlineData("Host=@abstract,db", false, 0, 0)]
    public void Keepalives_follow_the_lease_unless_given_and_never_touch_a_unix_socket(string text, bool on, int time, int interval)
    {
        var built = Build(text);

        Assert.Equal((on, time, interval), (built.TcpKeepAlive, built.TcpKeepAliveTime, built.TcpKeepAliveInterval));
    }

    internal static MemberProfile Profile(double leaseSeconds) => new()
    {
        Group = "orders",
        MemberId = "m",
        Observe = false,
        Url = null,
        Metadata = new Dictionary<string, string>(),
        LeaseTime = TimeSpan.FromSeconds(leaseSeconds),
        HeartbeatInterval = TimeSpan.FromSeconds(leaseSeconds / 4),
        CrashGrace = TimeSpan.FromSeconds(3),
        OnNameConflict = OnNameConflict.Supersede,
    };

    [Theory]
    [InlineData("Host=a", 5)]
    [InlineData("Host=a,b", 2)]
    public void The_first_connect_may_take_longer_unless_there_is_another_host_to_turn_to(string text, int expected) =>
        Assert.Equal(expected, Build(text, isFirst: true).Timeout);

    private static NpgsqlConnectionStringBuilder Build(string text, bool isFirst = false) => new(SessionString.Of(
        new PostgresSettings { ConnectionString = text, Description = "postgresql://db", Schema = "s", CreateSchema = true, MaxWaiterConnections = 8 },
        Profile(10),
        isFirst));
}
