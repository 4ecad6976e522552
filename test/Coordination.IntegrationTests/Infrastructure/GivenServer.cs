namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>The server that <c>COORDINATION_TEST_POSTGRES</c> names. Not ours to stop.</summary>
internal sealed class GivenServer(string url) : IPostgresSource
{
    public const string Variable = "COORDINATION_TEST_POSTGRES";

    public ServerAddress Address { get; } = ServerAddress.Parse(url);

    public string Description => $"the server at {Address.Host}:{Address.Port} that {Variable} names";

    public ServerLog? Log => null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
