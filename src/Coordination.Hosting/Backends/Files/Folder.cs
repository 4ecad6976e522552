namespace Coordination.Backends.Files;

/// <summary>One opening of a folder: its shared memory, and the mutex around it. For one thread.</summary>
/// <remarks>
/// A process that is frozen, or stops at a breakpoint, inside the mutex must not stop the others: when nothing has moved for
/// <see cref="Patience"/> they go on with a copy, the next generation. The one that was left behind finds out when it leaves the mutex:
/// either it sees that the memory is retired, and then nothing of what it did counts; or whoever copies it sees all that it did.
/// </remarks>
internal sealed class Folder : IDisposable
{
    /// <summary>How long somebody may be inside the mutex.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time;
    private KernelLock? _mutex;
    private StateMap? _map;

    private Folder(FolderPaths paths, TimeProvider time)
    {
        Paths = paths;
        _time = time;
    }

    public FolderPaths Paths { get; }

    public FolderState State { get; private set; } = new(string.Empty, 0, 0);

    /// <summary>Only valid until the mutex is taken the next time: then there may be another.</summary>
    public StateMap Map => _map!;

    /// <summary>Opens a folder, and makes it if need be.</summary>
    /// <exception cref="CoordinationException">It cannot be used.</exception>
    public static Folder Open(string root, TimeProvider time)
    {
        var folder = new Folder(new FolderPaths(root), time);
        try
        {
            using var setup = FolderSetup.Begin(folder.Paths, time);
            folder.OpenGeneration(setup.OpenState());
            FolderProof.CheckMemory(folder.Map, folder.Paths.State(folder.State));
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Whether the folder is still the one that was opened. A folder that was deleted lives on for those who have it open, and nobody else would find them.</summary>
    public bool IsInPlace() =>
        Map.Retired || ((FolderFile.Read(Paths.Current, FolderJson.Default.FolderState) == State && File.Exists(Paths.State(State))) || Map.Retired);

    /// <summary>Takes the mutex.</summary>
    /// <param name="meanwhile">Called now and then while waiting.</param>
    public void Enter(Action? meanwhile = null)
    {
        var spinner = default(SpinWait);
        var (entries, since) = (Map.Entries, _time.GetTimestamp());
        while (true)
        {
            if (_mutex!.TryTake())
            {
                Map.Entries++;
                Interlocked.MemoryBarrier();
                if (!Map.Retired)
                {
                    return;
                }

                // Retired, and nothing came after it: whoever was about to make the next generation died. Nobody else would do it, because
                // all see somebody enter.
                var left = State;
                OpenNext();
                if (State == left)
                {
                    LeaveBehind(Map.Entries);
                }
            }

            spinner.SpinOnce();
            meanwhile?.Invoke();
            if (Map.Retired)
            {
                OpenNext();
            }

            if (Map.Entries != entries)
            {
                (entries, since) = (Map.Entries, _time.GetTimestamp());
            }
            else if (_time.GetElapsedTime(since) > Patience)
            {
                LeaveBehind(entries);
                (entries, since) = (Map.Entries, _time.GetTimestamp());
            }
        }
    }

    /// <summary>Gives the mutex back.</summary>
    /// <returns>False when the others have gone on meanwhile: nothing that was done since <see cref="Enter"/> counts.</returns>
    public bool TryLeave()
    {
        Interlocked.MemoryBarrier(); // all our writes before this look: see above
        var counts = !Map.Retired;
        _mutex!.GiveBack();
        return counts;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mutex?.Dispose();
        _map?.Dispose();
    }

    private void OpenNext()
    {
        using var setup = FolderSetup.Begin(Paths, _time);
        OpenGeneration(setup.OpenState());
    }

    /// <summary>Somebody has been inside the mutex for too long.</summary>
    private void LeaveBehind(long entries)
    {
        using var setup = FolderSetup.Begin(Paths, _time);

        // Looked at again: waiting for the set-up takes its time, and whoever has entered meanwhile is not stuck.
        if (setup.OpenState() is { } now && now == State && Map.Entries == entries)
        {
            now = now with { Generation = now.Generation + 1 };
            Map.Retired = true;
            Interlocked.MemoryBarrier(); // before anything is copied: see above
            Directory.CreateDirectory(Paths.Groups(now));
            foreach (var group in Directory.EnumerateFiles(Paths.Groups(State), "*.json"))
            {
                File.Copy(group, Path.Combine(Paths.Groups(now), Path.GetFileName(group)), overwrite: true);
            }

            Map.CopyTo(Paths.State(now));
            using (var copy = StateMap.Open(Paths.State(now)))
            {
                copy.Mend();
            }

            setup.Publish(now);
            OpenGeneration(now);
        }
    }

    private void OpenGeneration(FolderState state)
    {
        if (state == State)
        {
            return;
        }

        var (mutex, map) = (KernelLock.Open(Paths.Mutex(state)), StateMap.Open(Paths.State(state)));
        Dispose();
        (_mutex, _map, State) = (mutex, map, state);
    }
}
