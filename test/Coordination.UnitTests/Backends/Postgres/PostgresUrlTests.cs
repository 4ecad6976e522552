using Coordination.Backends.Postgres;
using Npgsql;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class PostgresUrlTests
{
    [Theory]
    [InlineData("postgresql://db", "Host=db;Port=5432", "postgresql://db:5432")]
    [InlineData("postgres://db/orders", "Host=db;Port=5432;Database=orders", "postgresql://db:5432/orders")]
    [InlineData("POSTGRESQL://db/orders", "Host=db;Port=5432;Database=orders", "postgresql://db:5432/orders")]
    [InlineData("postgresql://app@db:6000/orders", "Host=db;Port=6000;Username=app;Database=orders", "postgresql://db:6000/orders")]
    [InlineData("postgresql://app:pw@db:/", "Host=db;Port=5432;Username=app;Password=pw", "postgresql://db:5432")]
    [InlineData("postgresql://app:@db", "Host=db;Port=5432;Username=app", "postgresql://db:5432")]
    [InlineData("postgresql://a%40b:p%3A%2F%3F%23%40%25w@db/my%20db", "Host=db;Port=5432;Username=a@b;Password=p:/?#@%w;Database=my db", "postgresql://db:5432/my%20db")]
    [InlineData("postgresql://app:%C3%A9t%C3%A9@db", "Host=db;Port=5432;Username=app;Password=été", "postgresql://db:5432")]
    [InlineData("postgresql://app:été@db", "Host=db;Port=5432;Username=app;Password=été", "postgresql://db:5432")]
    [InlineData("postgresql://app:a?b=c&d#e+f@db", "Host=db;Port=5432;Username=app;Password=a?b=c&d#e+f", "postgresql://db:5432")]
    [InlineData("postgresql://app:a;b='c\"@db", "Host=db;Port=5432;Username=app;Password=\"a;b='c\"\"\"", "postgresql://db:5432")]
    [InlineData("postgresql://[::1]/x", "Host=::1;Port=5432;Database=x", "postgresql://[::1]:5432/x")]
    [InlineData("postgresql://u:p@[2001:db8::7]:6000/x", "Host=2001:db8::7;Port=6000;Username=u;Password=p;Database=x", "postgresql://[2001:db8::7]:6000/x")]
    [InlineData("postgresql://a,b:6000,[::1]:7000/x", "Host='a:5432,b:6000,[::1]:7000';Target Session Attributes=primary;Database=x", "postgresql://a:5432,b:6000,[::1]:7000/x")]
    [InlineData("postgresql://a,b/x?port=6000", "Host='a:6000,b:6000';Target Session Attributes=primary;Database=x", "postgresql://a:6000,b:6000/x")]
    [InlineData("postgresql://%2Fvar%2Frun%2Fpostgresql:5433/x", "Host=/var/run/postgresql;Port=5433;Database=x", "postgresql://%2Fvar%2Frun%2Fpostgresql:5433/x")]
    [InlineData("postgresql:///x?host=/tmp&port=5433", "Host=/tmp;Port=5433;Database=x", "postgresql://%2Ftmp:5433/x")]
    [InlineData("postgresql://:5433/x?host=/tmp", "Host=/tmp;Port=5433;Database=x", "postgresql://%2Ftmp:5433/x")]
    [InlineData("postgresql:///?host=a,b&port=1,2&dbname=x&user=u&password=p", "Host='a:1,b:2';Target Session Attributes=primary;Database=x;Username=u;Password=p", "postgresql://a:1,b:2/x")]
    [InlineData("postgresql:///x?hostaddr=10.0.0.1", "Host=10.0.0.1;Port=5432;Database=x", "postgresql://10.0.0.1:5432/x")]
    public void A_uri_says_what_libpq_reads_in_it(string url, string connectionString, string description)
    {
        var read = Read(url);

        AssertSame(connectionString, read.ConnectionString);
        Assert.Equal(description, read.Description);
        Assert.Equal(description, read.ToString());
    }

    [Theory]
    [InlineData("sslmode=disable", "SSL Mode=Disable")]
    [InlineData("sslmode=allow", "SSL Mode=Allow")]
    [InlineData("sslmode=prefer", "SSL Mode=Prefer")]
    [InlineData("sslmode=require", "SSL Mode=Require")]
    [InlineData("ssl=true", "SSL Mode=Require")]
    [InlineData("sslmode=require&sslrootcert=/ca.pem", "SSL Mode=VerifyCA;Root Certificate=/ca.pem")]
    [InlineData("sslmode=verify-ca", "SSL Mode=VerifyCA")]
    [InlineData("sslmode=verify-full&sslrootcert=/ca.pem", "SSL Mode=VerifyFull;Root Certificate=/ca.pem")]
    [InlineData("sslrootcert=system", "SSL Mode=VerifyFull")]
    [InlineData("sslcert=/c.pem&sslkey=/k.pem&sslpassword=x", "SSL Certificate=/c.pem;SSL Key=/k.pem;SSL Password=x")]
    [InlineData("sslmode=require&sslnegotiation=direct", "SSL Mode=Require;SSL Negotiation=Direct")]
    [InlineData("passfile=/p", "Passfile=/p")]
    [InlineData("connect_timeout=7", "Timeout=7")]
    [InlineData("connect_timeout=-1", "Timeout=0")]
    [InlineData("options=-c%20geqo%3Doff", "Options=-c geqo=off")]
    [InlineData("client_encoding=auto", "")]
    [InlineData("client_encoding=UTF8", "")]
    [InlineData("target_session_attrs=any", "")]
    [InlineData("target_session_attrs=read-write", "")]
    [InlineData("load_balance_hosts=random", "Load Balance Hosts=true")]
    [InlineData("channel_binding=require", "Channel Binding=Require")]
    [InlineData("gssencmode=prefer", "GSS Encryption Mode=Prefer")]
    [InlineData("krbsrvname=pg", "Kerberos Service Name=pg")]
    [InlineData("require_auth=scram-sha-256,md5", "Require Auth='ScramSHA256,MD5'")]
    [InlineData("require_auth=!password,!none", "Require Auth='!Password,!None'")]
    [InlineData("keepalives=1", "")]
    [InlineData("keepalives=1&keepalives_idle=30&keepalives_interval=5", "TCP Keepalive Time=30;TCP Keepalive Interval=5")]
    public void A_parameter_of_libpq_becomes_the_keyword_that_means_the_same(string query, string keywords)
    {
        AssertSame("Host=db;Port=5432;Database=x;" + keywords, Read("postgresql://db/x?" + query).ConnectionString);
    }

    [Fact]
    public void Of_several_hosts_the_one_that_takes_writes_is_asked_for_when_the_user_does()
    {
        Assert.Equal("read-write", Builder(Read("postgresql://a,b/x?target_session_attrs=read-write")).TargetSessionAttributes);
        Assert.Equal("read-write", Builder(Read("Host=a,b;Target Session Attributes=read-write")).TargetSessionAttributes);
    }

    [Fact]
    public void A_unix_socket_gets_no_options_of_tcp()
    {
        var builder = Builder(Read("postgresql:///x?host=/tmp&keepalives_idle=30"));

        Assert.False(builder.TcpKeepAlive);
        Assert.Equal(0, builder.TcpKeepAliveTime);
    }

    [Theory]
    [InlineData("Host=db", "Host=db;Port=5432", "postgresql://db:5432")]
    [InlineData("Server=db:6000;DB=x;UID=u;PWD='p;w'", "Host=db;Port=6000;Database=x;Username=u;Password='p;w'", "postgresql://db:6000/x")]
    [InlineData(" host = db ; password = \"a\"\"b\" ;; ", "Host=db;Port=5432;Password='a\"b'", "postgresql://db:5432")]
    [InlineData("Host=::1;Port=6000", "Host=::1;Port=6000", "postgresql://[::1]:6000")]
    [InlineData("Host=/tmp;Port=6000", "Host=/tmp;Port=6000", "postgresql://%2Ftmp:6000")]
    [InlineData("Host=a,b:7;Port=6;Pooling=true;Maximum Pool Size=9", "Host='a:6,b:7';Port=6;Target Session Attributes=primary;Pooling=true;Maximum Pool Size=9", "postgresql://a:6,b:7")]
    [InlineData("Host=db;SSL Mode=VerifyFull;Root Certificate=/ca.pem", "Host=db;Port=5432;SSL Mode=VerifyFull;Root Certificate=/ca.pem", "postgresql://db:5432")]
    [InlineData("Host=db;Target Session Attributes=any", "Host=db;Port=5432", "postgresql://db:5432")]
    public void A_key_value_string_keeps_its_meaning(string text, string connectionString, string description)
    {
        var read = Read(text);

        Assert.Equal(Canonical(connectionString, tcpKeepAlive: false), Canonical(read.ConnectionString, tcpKeepAlive: false));
        Assert.Equal(description, read.Description);
    }

    [Theory]
    [InlineData("postgresql://db/x?application_name=me", "application_name")]
    [InlineData("postgresql://db/x?tcp_user_timeout=5", "tcp_user_timeout")]
    [InlineData("postgresql://db/x?keepalives_count=5", "keepalives_count")]
    [InlineData("postgresql://db/x?sslcrl=/x", "sslcrl")]
    [InlineData("postgresql://db/x?nonsense=1", "nonsense")]
    [InlineData("postgresql://db/x?SSLMODE=require", "SSLMODE")]
    [InlineData("postgresql://db/x?sslmode=requir", "sslmode", "requir", "verify-full")]
    [InlineData("postgresql://db/x?sslmode=require&sslmode=require", "sslmode", "twice")]
    [InlineData("postgresql://db/x?dbname=y", "dbname", "twice")]
    [InlineData("postgresql://u@db/x?user=y", "user", "twice")]
    [InlineData("postgresql://db/x?host=y", "two places")]
    [InlineData("postgresql://db/x?hostaddr=10.0.0.1", "two places")]
    [InlineData("postgresql://db:1/x?port=2", "two places")]
    [InlineData("postgresql://a,b/x?port=1,2,3", "2 hosts and 3 ports")]
    [InlineData("postgresql://db/x?port=70000", "port", "65535")]
    [InlineData("postgresql://db:70000/x", "port", "65535")]
    [InlineData("postgresql://db:0/x", "port", "65535")]
    [InlineData("postgresql:///x", "empty host", "/var/run/postgresql")]
    [InlineData("postgresql://a,,b/x", "empty host")]
    [InlineData("postgresql://[::1/x", "']'")]
    [InlineData("postgresql://[db]/x", "IPv6")]
    [InlineData("postgresql://[::1]x/x", "IPv6")]
    [InlineData("postgresql://::1/x", "brackets")]
    [InlineData("postgresql://d b/x", "host name")]
    [InlineData("postgresql://db/x?sslmode", "name=value")]
    [InlineData("postgresql://db/x?a=1&&b=2", "name=value")]
    [InlineData("postgresql://db/%zz", "database", "%25")]
    [InlineData("postgresql://db/%00", "database", "%25")]
    [InlineData("postgresql://db/x?options=%ff", "%25")]
    [InlineData("postgresql://db/x?target_session_attrs=standby", "target_session_attrs", "standby", "primary")]
    [InlineData("postgresql://db/x?target_session_attrs=prefer-standby", "target_session_attrs", "primary")]
    [InlineData("postgresql://db/x?client_encoding=latin1", "client_encoding", "latin1")]
    [InlineData("postgresql://db/x?connect_timeout=soon", "connect_timeout", "soon")]
    [InlineData("postgresql://db/x?connect_timeout=1025", "connect_timeout", "1024")]
    [InlineData("postgresql://db/x?sslrootcert=/ca.pem", "sslrootcert", "verify-full")]
    [InlineData("postgresql://db/x?sslrootcert=system&sslmode=require", "system", "verify-full")]
    [InlineData("postgresql://db/x?sslnegotiation=direct", "sslnegotiation", "require")]
    [InlineData("postgresql://db/x?ssl=true&sslmode=disable", "ssl=true")]
    [InlineData("postgresql://db/x?ssl=1", "ssl")]
    [InlineData("postgresql://db/x?sslkey=/k", "sslcert")]
    [InlineData("postgresql://db/x?sslmode=disable&sslcert=/c", "sslcert")]
    [InlineData("postgresql://db/x?require_auth=magic", "require_auth", "magic")]
    [InlineData("postgresql://db/x?require_auth=md5,!none", "require_auth", "all or none")]
    [InlineData("postgresql://db/x?channel_binding=maybe", "channel_binding", "maybe")]
    [InlineData("postgresql://db/x?keepalives=yes", "keepalives", "yes")]
    [InlineData("postgresql://db/x?keepalives_interval=5", "keepalives_idle")]
    [InlineData("postgresql://db/x?keepalives=0&keepalives_idle=5", "keepalives", "must be 1")]
    [InlineData("postgresql://db/x\n", "control character")]
    [InlineData("Host=db;Nonsense=1", "'Nonsense'", "unknown")]
    [InlineData("Host=db;Server=b", "'Host'", "twice")]
    [InlineData("Host=db;Port=abc", "'Port'", "'abc'")]
    [InlineData("Host=db;SSL Mode=banana", "'SSL Mode'", "'banana'")]
    [InlineData("Host=db;SSL Mode=77", "'SSL Mode'")]
    [InlineData("Host=db;SSL Mode=Require;Root Certificate=/ca.pem", "Root Certificate", "VerifyFull")]
    [InlineData("Host=db;SSL Negotiation=Direct", "SSL Negotiation", "Require")]
    [InlineData("Host=db;Target Session Attributes=standby", "Target Session Attributes", "primary")]
    [InlineData("Host=db;Target Session Attributes=banana", "Target Session Attributes")]
    [InlineData("Host=db;Client Encoding=latin1", "Client Encoding")]
    [InlineData("Host=db;TCP Keepalive Interval=4", "TCP Keepalive Time")]
    [InlineData("Database=x", "no host")]
    [InlineData("Host=a:x", "host[:port]")]
    [InlineData("host=db user=app dbname=x", "divided by ';'")]
    [InlineData("nonsense", "neither a URL")]
    public void What_cannot_be_honoured_is_refused_by_name(string text, params string[] parts)
    {
        var fault = Assert.Single(Faults(text));

        Assert.All(parts, part => Assert.Contains(part, fault, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_fault_is_named_at_once()
    {
        var faults = Faults("postgresql://db/x?sslmode=x&nonsense=1&connect_timeout=y&port=z");

        Assert.Equal(4, faults.Count);
    }

    // In each of them "secret" is the password, or what is left of it after an '@', '/', '?', '&' or ';' that nobody encoded.
    [Theory]
    [InlineData("postgresql://u:secret@db:port/x")]
    [InlineData("postgresql://u:secret@d b/x?nonsense=1")]
    [InlineData("postgresql://u:p@secret@db/x")]
    [InlineData("postgresql://u:p@secret%zz/x")]
    [InlineData("postgresql://u:secret/p@db/x")]
    [InlineData("postgresql://u:1/secret@db/x")]
    [InlineData("postgresql://u:1?secret/p@db/x")]
    [InlineData("postgresql://u:1?secret=1/@db/x")]
    [InlineData("postgresql://u:p@1?secret=1@db/x")]
    [InlineData("postgresql://u:secret")]
    [InlineData("postgresql://u:%zzsecret@db/x")]
    [InlineData("postgresql://u:secret@db/x?password=secret")]
    [InlineData("postgresql://db/x?password=p&secret")]
    [InlineData("postgresql://db/x?password=p&secret=1")]
    [InlineData("postgresql://db/x?password=p&sslmode=secret")]
    [InlineData("postgresql://db/x?password=p&port=secret")]
    [InlineData("postgresql://db/x?sslpassword=secret")]
    [InlineData("postgresql://db/x?passwrod=secret")]
    [InlineData("postgresql://u:secret\u0001@db/x")]
    [InlineData("Host=db;Password=p;secret")]
    [InlineData("Host=db;Password=p;secret=1")]
    [InlineData("Host=db;Password=p;Port=secret")]
    [InlineData("Host=db;Password='secret")]
    [InlineData("Host=db;Password=secret;Nonsense=1")]
    [InlineData("Host=db;Password=secret;Password=secret")]
    [InlineData("Host=db;Passwrod=secret")]
    [InlineData("host=db password=secret dbname=x")]
    [InlineData("Host=db;SSL Password=secret;Port=x")]
    public void No_fault_repeats_a_password_or_a_part_of_one(string text)
    {
        var faults = Faults(text);

        Assert.NotEmpty(faults);
        Assert.DoesNotContain("secret", string.Join('\n', faults), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused_without_repeating_it()
    {
        var faults = Faults($"postgresql://u:secret{(char)0xD800}@db/x");

        Assert.DoesNotContain("secret", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void The_description_shows_no_credential()
    {
        var read = Read("postgresql://somebody:secret@db/x?sslcert=/c&sslkey=/k&sslpassword=secret");

        Assert.Equal("postgresql://db:5432/x", read.ToString());
        Assert.Contains("secret", read.ConnectionString, StringComparison.Ordinal);
    }

    private static PostgresUrl Read(string text)
    {
        var faults = new List<string>();
        var read = PostgresUrl.Read(text, faults);

        Assert.Empty(faults);
        Assert.NotNull(read);
        return read;
    }

    private static List<string> Faults(string text)
    {
        var faults = new List<string>();
        Assert.Null(PostgresUrl.Read(text, faults));
        return faults;
    }

    private static NpgsqlConnectionStringBuilder Builder(PostgresUrl read) => new(read.ConnectionString);

    private static void AssertSame(string expected, string actual) =>
        Assert.Equal(Canonical(expected, tcpKeepAlive: !expected.Contains("Host=/", StringComparison.Ordinal)), Canonical(actual, tcpKeepAlive: false));

    // Every property in a line of its own, so that a keyword that is written and has its default counts as absent.
    private static string Canonical(string connectionString, bool tcpKeepAlive)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (tcpKeepAlive && !builder.Keys.Contains("TCP Keepalive"))
        {
            builder.TcpKeepAlive = true;
        }

        if (!builder.Keys.Contains("GSS Encryption Mode"))
        {
            builder.GssEncryptionMode = GssEncryptionMode.Disable;
        }

        return string.Join('\n', typeof(NpgsqlConnectionStringBuilder).GetProperties()
            .Where(property => property.DeclaringType == typeof(NpgsqlConnectionStringBuilder) && property.GetIndexParameters().Length == 0)
            .Where(property => property.Name is not ("Keys" or "Values"))
            .Select(property => $"{property.Name}={property.GetValue(builder)}")
            .Order(StringComparer.Ordinal));
    }
}
