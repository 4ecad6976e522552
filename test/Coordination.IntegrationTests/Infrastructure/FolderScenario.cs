using Coordination.IntegrationTests.Contracts;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A story of real processes on a folder of its own. Whatever it starts is ended with it.</summary>
public abstract class FolderScenario : IAsyncDisposable
{
    private readonly List<Replica> _replicas = [];
    private readonly TemporaryFolder _folder = new();

    internal static TimeProvider Time => TimeProvider.System;

    internal static CancellationToken Ending => TestContext.Current.CancellationToken;

    internal static TimeSpan Lease => ReplicaScenario.Lease;

    internal string Root => Path.Combine(_folder.Path, "group");

    /// <summary>Of this test, beside the folder that is under test.</summary>
    internal string Beside(string name) => Path.Combine(_folder.Path, name);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Task.WhenAll(_replicas.Select(replica => replica.DisposeAsync().AsTask()));
        _folder.Dispose();
    }

    /// <summary>A replica on the folder, joined and serving.</summary>
    internal async Task<Replica> StartAsync(params (string Key, string Value)[] settings)
    {
        var replica = await Replica.StartedAsync($"file://{Root}", [("Group", "replicas"), .. settings]);
        lock (_replicas)
        {
            _replicas.Add(replica);
        }

        return replica;
    }

    /// <summary>Where the shared memory is now.</summary>
    internal string Generation() => Assert.Single(Directory.EnumerateDirectories(Root), directory => File.Exists(Path.Combine(directory, "state")));

    /// <summary>Stops it until it is stopped where the system says that it has the lock of the mutex.</summary>
    internal Task StopInsideAsync(Replica replica) => Eventually.BecomesTrueAsync(
        async () =>
        {
            await replica.SignalAsync("STOP");
            var inode = (await Command.RunAsync("stat", ["-c", "%i", Path.Combine(Generation(), "mutex")])).Trim();
            var locks = await File.ReadAllLinesAsync("/proc/locks", Ending);
            if (locks.Any(line => line.Contains($" {replica.ProcessId} ", StringComparison.Ordinal) && line.Contains($":{inode} ", StringComparison.Ordinal)))
            {
                return true;
            }

            await replica.SignalAsync("CONT");
            return false;
        },
        "the process is stopped inside the mutex",
        Limits.Long);
}
