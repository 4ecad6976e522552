using System.Net.Sockets;
using Coordination.Backends.Postgres;
using Npgsql;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class PostgresErrorsTests
{
    private static readonly PostgresSettings Settings = new()
    {
        ConnectionString = "Host=db;Username=app;Password=hunter2",
        Description = "postgresql://db/orders",
        Schema = "coordination",
        CreateSchema = true,
        MaxWaiterConnections = 8,
    };

    [Theory]
    [InlineData("28P01")] // wrong password
    [InlineData("28000")] // pg_hba.conf, no such role
    [InlineData("3D000")] // no such database
    [InlineData("42501")] // not allowed
    [InlineData("42P01")] // no such table
    [InlineData("42883")] // no such function
    [InlineData("3F000")] // no such schema
    [InlineData("25006")] // a standby
    [InlineData("22P05")] // a value that cannot be kept
    public void What_somebody_must_change_is_a_configuration_error(string state) =>
        Assert.IsType<CoordinationConfigurationException>(PostgresErrors.Translate(Answer(state), Settings));

    [Theory]
    [InlineData("53300")] // too many connections
    [InlineData("53200")] // lock table full
    [InlineData("57P01")] // terminated by an administrator
    [InlineData("57P03")] // starting up
    [InlineData("08006")]
    [InlineData("40P01")]
    [InlineData("55P03")]
    [InlineData("XX000")]
    public void What_may_heal_is_unavailable(string state) =>
        Assert.IsType<CoordinationUnavailableException>(PostgresErrors.Translate(Answer(state), Settings));

    [Fact]
    public void Which_session_has_a_row_locked_is_told_with_the_error()
    {
        var refused = new PostgresException("the row of group orders is locked", "ERROR", "ERROR", "55P03", hint: "Which one it is tells: select 1.");

        Assert.EndsWith("says: the row of group orders is locked. (55P03) Which one it is tells: select 1.", PostgresErrors.Translate(refused, Settings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_connection_is_unavailable()
    {
        var refused = new NpgsqlException("Failed to connect", new SocketException((int)SocketError.ConnectionRefused));

        Assert.IsType<CoordinationUnavailableException>(PostgresErrors.Translate(refused, Settings));
    }

    [Fact]
    public void An_error_of_ours_stays_what_it_is()
    {
        var ours = new CoordinationConfigurationException("x");

        Assert.Same(ours, PostgresErrors.Translate(ours, Settings));
    }

    [Theory]
    [InlineData("08003", true)]
    [InlineData("53200", true)]
    [InlineData("57P01", true)]
    [InlineData("57P05", true)]
    [InlineData("25P03", true)]
    [InlineData("25006", true)]
    [InlineData("57014", false)] // cancelled: the session lives, what it holds must be looked up
    [InlineData("55P03", false)]
    [InlineData("40P01", false)]
    [InlineData("42501", false)]
    [InlineData("", false)]
    public void Some_errors_end_the_session(string state, bool expected) => Assert.Equal(expected, PostgresErrors.EndsSession(state));

    [Theory]
    [InlineData("Host=db;Fruit=apple;Password=hunter2")]
    [InlineData("Host=db;Password=x;hunter2")]
    [InlineData("Host=db;Password=x;hunter2=y")]
    [InlineData("Host=db;Port=hunter2")]
    public void A_connection_string_that_cannot_be_read_is_not_quoted(string text)
    {
        var settings = new PostgresSettings
        {
            ConnectionString = text,
            Description = "postgresql://db",
            Schema = "coordination",
            CreateSchema = true,
            MaxWaiterConnections = 8,
        };

        var error = Assert.Throws<CoordinationConfigurationException>(() => SessionString.Of(settings, ConnectionStringTests.Profile(10), isFirst: true));

        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }

    private static PostgresException Answer(string state) => new("said the server", "ERROR", "ERROR", state);
}
