namespace Coordination.Backends.Files;

/// <summary>Proves that a folder can do what is asked of it, instead of guessing.</summary>
internal static class FolderProof
{
    private static readonly string[] Network = ["nfs", "cifs", "smb", "9p", "sshfs", "afs", "ceph", "glusterfs", "lustre", "gpfs", "webdav", "davfs"];

    /// <summary>Makes the folder, and refuses one on the network: locks there are of the other machine's making, or none.</summary>
    public static void Prepare(string root)
    {
        FolderOwner.Check(root);
        try
        {
            if (!Directory.Exists(root))
            {
                if (OperatingSystem.IsWindows())
                {
                    Directory.CreateDirectory(root);
                }
                else
                {
                    Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                }
            }

            FolderOwner.Check(root); // again: somebody else may have been quicker
            Directory.CreateDirectory(Path.Combine(root, "sessions"));
            var drive = new DriveInfo(root);
            if (drive.DriveType is DriveType.Network || Network.Any(name => drive.DriveFormat.Contains(name, StringComparison.OrdinalIgnoreCase)))
            {
                throw new CoordinationConfigurationException(
                    $"'{root}' is on a network file system ({drive.DriveFormat}), where locks and shared memory are not real. Name a folder on a local disk in BackendUrl, or use PostgreSQL.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal(root, e);
        }
    }

    /// <summary>Two locks of one file exclude each other: the caller has it, so a second one must be refused.</summary>
    public static void CheckLocks(string locked)
    {
        if (KernelLock.IsHeld(locked) is not true)
        {
            throw new CoordinationConfigurationException(
                $"The file system gives the lock of '{locked}' to two at a time: locks are not real there. Name a folder on a local disk in BackendUrl, or use PostgreSQL.");
        }
    }

    /// <summary>What is written through one mapping is seen through another. The caller has the right to set the folder up.</summary>
    public static void CheckMemory(StateMap map, string path)
    {
        using var second = StateMap.Open(path);
        map.Echo++;
        if (second.Echo != map.Echo)
        {
            throw new CoordinationConfigurationException(
                $"What is written into '{path}' is not seen through a second mapping of it: memory is not shared there. Name a folder on a local disk in BackendUrl, or use PostgreSQL.");
        }
    }

    public static CoordinationConfigurationException Refusal(string root, Exception cause) => new(
        $"Folder '{root}' cannot be used: {cause.Message.TrimEnd('.')}. Let this user create, write and lock files there, or name another folder in BackendUrl.", cause);
}
