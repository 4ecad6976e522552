using System.Net;
using System.Net.Sockets;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>What stands in BackendUrl, against a real server.</summary>
public sealed class BackendUrlTests(PostgresServer server, FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Limit = 120_000; // for a hang

    private ServerAddress Address => database.Database.Address;

    [Fact(Timeout = Limit)]
    public Task A_libpq_uri_joins() => JoinsAsync(Address.Url);

    [Fact(Timeout = Limit)]
    public Task The_other_scheme_of_libpq_joins() => JoinsAsync(Address.Url.Replace("postgresql://", "postgres://", StringComparison.Ordinal));

    [Fact(Timeout = Limit)]
    public Task An_Npgsql_string_that_pools_and_names_itself_joins() => JoinsAsync(new NpgsqlConnectionStringBuilder(Address.ConnectionString)
    {
        Pooling = true,
        MaxPoolSize = 5,
        ApplicationName = "orders",
        CommandTimeout = 1,
    }.ConnectionString);

    [Fact(Timeout = Limit)]
    public async Task A_unix_socket_joins()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The server's programs make no unix sockets here.");
        var directory = Path.GetTempPath().TrimEnd('/');
        await using var cluster = await server.StartPrivateClusterAsync($"unix_socket_directories='{directory}'");
        var address = cluster.Address;

        await JoinsAsync(
            $"postgresql://{Uri.EscapeDataString(address.User)}:{Uri.EscapeDataString(address.Password)}@{Uri.EscapeDataString(directory)}:{address.Port}/{address.Database}");
    }

    [Fact(Timeout = Limit)]
    public Task Parameters_in_the_query_join() => JoinsAsync(
        $"postgresql:///{Address.Database}?host={Address.Host}&port={Address.Port}&user={Uri.EscapeDataString(Address.User)}&password={Uri.EscapeDataString(Address.Password)}" +
        "&connect_timeout=5&options=-c%20geqo%3Doff&keepalives=1&keepalives_idle=30&keepalives_interval=5&target_session_attrs=read-write&gssencmode=disable&client_encoding=UTF8");

    [Fact(Timeout = Limit)]
    public Task Of_several_hosts_the_one_that_answers_is_taken() => JoinsAsync(
        Address.Url.Replace($"@{Address.Host}:{Address.Port}/", $"@127.0.0.1:1,{Address.Host}:{Address.Port}/", StringComparison.Ordinal));

    [Fact(Timeout = Limit)]
    public async Task Required_tls_against_a_server_without_it_fails_the_start()
    {
        Assert.SkipWhen(await Address.ScalarAsync<string>("show ssl") == "on", "This server has TLS.");
        Assert.SkipWhen(Address.Query.Length > 0, "The URL of the tests has parameters of its own.");

        var error = await FailsAsync(Address.Url + "?sslmode=require");

        Assert.Contains("SSL", error.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = Limit)]
    public async Task A_wrong_password_fails_the_start_and_is_not_repeated()
    {
        const string Wrong = "not-the-password";
        var address = Address with { Password = Wrong };
        Assert.SkipWhen(await IsTrustedAsync(address), "This server asks for no password.");

        var error = await FailsAsync(address.Url);

        Assert.IsType<CoordinationConfigurationException>(error);
        Assert.DoesNotContain(Wrong, error.ToString(), StringComparison.Ordinal);
        Assert.Contains("password", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_is_not_there_fails_the_start_after_the_timeout()
    {
        var error = await FailsAsync("postgresql://app:secret@127.0.0.1:1/orders", o => o.StartupTimeout = TimeSpan.FromSeconds(1));

        Assert.IsType<CoordinationUnavailableException>(error);
        Assert.Contains("postgresql://127.0.0.1:1/orders", error.Message, StringComparison.Ordinal);
        Assert.Contains("StartupTimeout", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_host_that_waits_for_a_silent_server_stops_when_it_is_told_to()
    {
        // It takes the connection and never says a word.
        using var silent = new TcpListener(IPAddress.Loopback, port: 0);
        silent.Start();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddCoordination(o =>
            (o.BackendUrl, o.Group, o.StartupMode, o.LeaseTime) = ($"postgresql://app@{silent.LocalEndpoint}/orders", "never", StartupMode.Background, TimeSpan.FromMinutes(5)));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        using var connection = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);

        using var shutdown = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        var asked = TimeProvider.System.GetTimestamp();
        await host.StopAsync(shutdown.Token);

        // The first attempt alone could take a quarter of the lease, 75 seconds.
        Assert.InRange(TimeProvider.System.GetElapsedTime(asked), TimeSpan.Zero, Limits.Step);
    }

    private static async Task JoinsAsync(string url)
    {
        await using var replica = new Replica(o => (o.BackendUrl, o.Group, o.MemberId) = (url, $"url-{Guid.NewGuid():N}", "me"));
        await replica.StartAsync();

        Assert.Equal(MembershipState.Joined, replica.Group.State);
        await using var held = await replica.Locks.AcquireAsync("a", cancellationToken: TestContext.Current.CancellationToken);
    }

    private static async Task<Exception> FailsAsync(string url, Action<CoordinationOptions>? configure = null)
    {
        await using var replica = new Replica(o =>
        {
            (o.BackendUrl, o.Group, o.StartupTimeout) = (url, "never", TimeSpan.FromSeconds(10));
            configure?.Invoke(o);
        });
        return await Assert.ThrowsAnyAsync<CoordinationException>(replica.StartAsync);
    }

    private static async Task<bool> IsTrustedAsync(ServerAddress address)
    {
        try
        {
            await using var connection = await address.OpenAsync();
            return true;
        }
        catch (PostgresException)
        {
            return false;
        }
    }
}
