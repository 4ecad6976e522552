using System.Globalization;

namespace Coordination.Backends.Files;

/// <summary>The right to say where the shared memory of a folder is; one process has it at a time.</summary>
internal sealed class FolderSetup : IDisposable
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly FolderPaths _paths;
    private readonly KernelLock _lock;
    private readonly TimeProvider _time;

    private FolderSetup(FolderPaths paths, KernelLock @lock, TimeProvider time)
    {
        _paths = paths;
        _lock = @lock;
        _time = time;
    }

    /// <exception cref="CoordinationUnavailableException">Another process is at it for too long.</exception>
    public static FolderSetup Begin(FolderPaths paths, TimeProvider time)
    {
        var setup = KernelLock.Open(paths.Setup);
        var since = time.GetTimestamp();
        for (var spinner = default(SpinWait); !setup.TryTake(); spinner.SpinOnce())
        {
            if (time.GetElapsedTime(since) > Patience)
            {
                setup.Dispose();
                throw new CoordinationUnavailableException(
                    $"Another process has been opening '{paths.Root}' for more than {Patience.TotalSeconds:0} s. If it is frozen, end it; its lock on '{paths.Setup}' goes with it.");
            }
        }

        return new FolderSetup(paths, setup, time);
    }

    /// <summary>Where the memory is; a new one when there is none, or when the machine was started anew since.</summary>
    public FolderState OpenState()
    {
        FolderProof.CheckLocks(_paths.Setup);
        var boot = Boot();
        var now = FolderFile.Read(_paths.Current, FolderJson.Default.FolderState);

        if (now is not null && FolderEpoch.IsOld(now.Epoch))
        {
            RetireOld(now);
        }
        else if (now is not null && (now.Boot == boot || IsAnybodyAlive()) && File.Exists(_paths.State(now)))
        {
            // Locks of the system do not survive the system: while anybody has one, it is the same start, whatever an estimate says.
            return now;
        }

        if (IsAnybodyAlive())
        {
            // They have it in memory, and end their sessions as soon as they see that it is gone; not before that may others hold what they hold.
            throw new CoordinationUnavailableException($"'{_paths.Root}' is incomplete: files were removed from it while processes use it. They are ending their sessions; trying again.");
        }

        var next = new FolderState(boot, FolderEpoch.Next(_time, now?.Epoch, LastGrant(now)), 1);
        Clear(next);
        Directory.CreateDirectory(_paths.Groups(next));
        StateMap.Create(_paths.State(next), next.Epoch).Dispose();
        Publish(next);
        return next;
    }

    public void Publish(FolderState state)
    {
        FolderFile.Write(_paths.Current, state, FolderJson.Default.FolderState, isDurable: true);
        foreach (var old in Directory.EnumerateDirectories(_paths.Root).Where(one => IsGeneration(one) && one != _paths.Generation(state)))
        {
            Remove(old);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    // Only what we made ourselves is ever removed, also when somebody named a folder full of other things; also what was begun by one that was killed.
    private static bool IsGeneration(string directory) =>
        Path.GetFileName(directory).Split('.') is [var epoch, var generation] && Number(epoch) is { } begun && Number(generation) is not null
        && (File.Exists(Path.Combine(directory, "state"))
            || (!FolderEpoch.IsOld(begun) && Directory.EnumerateFileSystemEntries(directory).All(static one => Path.GetFileName(one) is "groups")));

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static void Remove(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (IOException)
        {
            // Windows: somebody who was left behind has it open; the next one removes it.
        }
    }

    // Nobody is alive: what lies about is of sessions that ended with the machine.
    private void Clear(FolderState next)
    {
        Directory.CreateDirectory(_paths.Sessions);
        foreach (var file in Directory.EnumerateFiles(_paths.Sessions).Where(static file => FolderPaths.SessionOf(file) is not null))
        {
            File.Delete(file);
        }

        if (Directory.Exists(_paths.Generation(next)))
        {
            Directory.Delete(_paths.Generation(next), recursive: true); // begun, and not finished
        }
    }

    /// <summary>Of a version that numbers its tokens in another way: nobody of that one and of ours may be in at once.</summary>
    private void RetireOld(FolderState old)
    {
        if (!IsAnybodyAlive() && File.Exists(_paths.State(old)))
        {
            StateMap.Retire(_paths.State(old)); // whoever has it open and is about to join sees that
        }

        if (IsAnybodyAlive())
        {
            throw new CoordinationUnavailableException(
                $"'{_paths.Root}' is in use by processes with an older version of Coordination.Hosting, whose tokens are numbered in another way. Stop them: this one goes on by itself when the last of them has ended.");
        }
    }

    private long? LastGrant(FolderState? state)
    {
        if (state is null || FolderEpoch.IsOld(state.Epoch) || !File.Exists(_paths.State(state)))
        {
            return null;
        }

        try
        {
            using var map = StateMap.Open(_paths.State(state));
            return map.LastGrant;
        }
        catch (CoordinationConfigurationException)
        {
            return null; // half of it was on the disk when the power failed
        }
    }

    private bool IsAnybodyAlive() => Directory.Exists(_paths.Sessions) && Directory.EnumerateFiles(_paths.Sessions, "*.lock").Any(static file => KernelLock.IsHeld(file) is true);

    private string Boot()
    {
        if (File.Exists(BootIdFile))
        {
            return File.ReadAllText(BootIdFile).Trim();
        }

        var uptime = TimeSpan.FromSeconds(_time.GetTimestamp() / (double)_time.TimestampFrequency);
        var started = _time.GetUtcNow() - uptime;
        return $"about {started.AddMinutes(-(started.Minute % 10)):yyyy-MM-dd HH:mm}";
    }
}
