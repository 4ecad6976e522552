using Coordination.IntegrationTests.Infrastructure;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>A Python service on tooz and ours share locks while one is replaced by the other.</summary>
public sealed class ToozTests(PostgresServer server) : IAsyncLifetime
{
    private const int Limit = 120_000; // for a hang

    /// <summary>Takes and gives back the lock whose name it was started with, as it is told, and says what came of it.</summary>
    private const string Script =
        """
        import sys
        from tooz import coordination
        coordinator = coordination.get_coordinator(sys.argv[1], b'python')
        coordinator.start()
        lock = coordinator.get_lock(sys.argv[2].encode())
        print('ready', flush=True)
        for line in sys.stdin:
            word = line.strip()
            print(lock.acquire(blocking=False) if word == 'try' else lock.release(), flush=True)
        coordinator.stop()
        """;

    private TestDatabase? _database;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await server.CreateDatabaseAsync();

    public async ValueTask DisposeAsync() => await _database!.DisposeAsync();

    [Theory(Timeout = Limit)]
    [InlineData("tacker-x")]
    [InlineData("ironic_inspector.4e92f2f1")]
    public async Task A_tooz_process_and_ours_exclude_each_other(string name)
    {
        Assert.SkipUnless(await DebianPython.HasAsync("tooz.coordination, psycopg2", Ending), "Debian's packages python3-tooz and python3-psycopg2 are not installed here; install them to run this test.");
        await using var ours = new Replica(options =>
        {
            (options.BackendUrl, options.Group) = (_database!.Url, "migration");
            options.KeyFormat = KeyFormat.Tooz;
        });
        await ours.StartAsync();
        using var theirs = DebianPython.Start(Script, $"{new UriBuilder(_database!.Url) { Query = string.Empty }.Uri}", name);
        try
        {
            Assert.Equal("ready", await theirs.StandardOutput.ReadLineAsync(Ending));

            Assert.Equal("True", await TellAsync("try"));
            Assert.Null(await ours.Locks.TryAcquireAsync(name, cancellationToken: Ending));
            Assert.Equal("True", await TellAsync("release"));
            await using (await ours.Locks.AcquireAsync(name, cancellationToken: Ending))
            {
                Assert.Equal("False", await TellAsync("try"));
            }

            Assert.Equal("True", await TellAsync("try"));
        }
        finally
        {
            theirs.Kill();
            await theirs.WaitForExitAsync(CancellationToken.None);
        }

        async Task<string?> TellAsync(string word)
        {
            await theirs.StandardInput.WriteLineAsync(word);
            await theirs.StandardInput.FlushAsync(Ending);
            return await theirs.StandardOutput.ReadLineAsync(Ending) ?? throw new InvalidOperationException(await theirs.StandardError.ReadToEndAsync(Ending));
        }
    }
}
