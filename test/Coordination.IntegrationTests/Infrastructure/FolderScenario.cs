using System.Runtime.InteropServices;
using Coordination.IntegrationTests.Contracts;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A story of real processes on a folder of its own. Whatever it starts is ended with it.</summary>
public abstract partial class FolderScenario : IAsyncDisposable
{
    private const int Stop = 19;
    private const int Continue = 18;
    private const int Attempts = 50;

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

    /// <summary>Stops it until it is stopped where the system says that it has the lock of the mutex, and not still in the call that gave it.</summary>
    /// <remarks>A signal is mostly delivered at the end of a call: there it has the lock, has done nothing, and finds out in time that the others have gone on.</remarks>
    internal Task StopInsideAsync(Replica replica) => Eventually.BecomesTrueAsync(
        async () =>
        {
            var inode = (await Command.RunAsync("stat", ["-c", "%i", Path.Combine(Generation(), "mutex")])).Trim();
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                _ = Kill(replica.ProcessId, Stop);
                var asked = Time.GetTimestamp();
                while (!IsStopped(replica))
                {
                    if (Time.GetElapsedTime(asked) > Limits.Step)
                    {
                        Assert.Fail($"Replica {replica.ProcessId} was sent STOP and did not stop, or has ended. Its log:\n{replica.Log}");
                    }

                    await Task.Yield(); // each of its threads, or one of them might still leave the mutex
                }

                if (HasLock(replica, inode) && !IsInCallForLock(replica))
                {
                    return true;
                }

                _ = Kill(replica.ProcessId, Continue);
                await Task.Delay(TimeSpan.FromMilliseconds(1), Time, Ending);
            }

            return false;
        },
        "the process is stopped inside the mutex",
        Limits.Long);

    private static bool IsStopped(Replica replica)
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{replica.ProcessId}/task").All(task =>
                File.ReadAllText(Path.Combine(task, "stat")).Split(") ")[^1].StartsWith('T'));
        }
        catch (IOException)
        {
            return false; // a thread has just ended
        }
    }

    private static bool IsInCallForLock(Replica replica)
    {
        var number = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? "32 " : "73 ";
        return Directory.EnumerateDirectories($"/proc/{replica.ProcessId}/task").Any(task =>
            File.ReadAllText(Path.Combine(task, "syscall")).StartsWith(number, StringComparison.Ordinal));
    }

    private static bool HasLock(Replica replica, string inode) => File.ReadAllLines("/proc/locks").Any(line =>
        line.Contains($" {replica.ProcessId} ", StringComparison.Ordinal) && line.Contains($":{inode} ", StringComparison.Ordinal));

    // A program for each signal takes as long as a hundred of these.
    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
