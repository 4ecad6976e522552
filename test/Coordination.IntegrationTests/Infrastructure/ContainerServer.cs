#if TESTCONTAINERS
using Testcontainers.PostgreSql;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A server in a container, where an engine answers.</summary>
internal sealed class ContainerServer : IPostgresSource
{
    private readonly PostgreSqlContainer _container;

    private ContainerServer(PostgreSqlContainer container)
    {
        _container = container;
        var parts = new Npgsql.NpgsqlConnectionStringBuilder(container.GetConnectionString());
        Address = new ServerAddress(parts.Host!, parts.Port, parts.Username!, parts.Password!);
    }

    public string Description => $"a container of {_container.Image.FullName}";

    public ServerAddress Address { get; }

    public ServerLog? Log => null;

    /// <summary>The running container, or null when no engine answers.</summary>
    public static async Task<ContainerServer?> TryStartAsync()
    {
        try
        {
            var container = new PostgreSqlBuilder("postgres:17-alpine").WithCommand("-c", "max_connections=300").Build();
            await container.StartAsync();
            return new ContainerServer(container);
        }
        catch (Exception e) when (e is DotNet.Testcontainers.Builders.DockerUnavailableException or HttpRequestException or TimeoutException)
        {
            return null;
        }
    }

    public ValueTask DisposeAsync() => _container.DisposeAsync();
}
#endif
