using System.Runtime.InteropServices;

namespace Coordination.Backends.Files;

/// <summary>Whose a folder is: in one where everybody may write, somebody else may have put it there for us.</summary>
internal static partial class FolderOwner
{
    private const int WorkingDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint Owner = 8;
    private const int OwnerAt = 20;
    private const int MacOwnerAt = 16;
    private const int Enough = 512;

    /// <summary>Refuses a folder, or one above it, that another user made where everybody may make one. What is not there yet is nobody's.</summary>
    /// <exception cref="CoordinationConfigurationException">It is another user's.</exception>
    public static void Check(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        for (var at = folder; Path.GetDirectoryName(at) is { } above; at = above)
        {
            if (Directory.Exists(above) && (File.GetUnixFileMode(above) & UnixFileMode.OtherWrite) != 0 && Of(at) is { } owner && owner != 0 && owner != UserId())
            {
                throw new CoordinationConfigurationException(
                    $"'{at}' belongs to another user (uid {owner}; this one is {UserId()}) and stands in '{above}', where everybody may write: its owner could read and change all that is in it. "
                    + "Remove it, or name a folder of this user's in BackendUrl.");
            }
        }
    }

    /// <summary>The owner's number, of a link itself; null when there is nothing, or the system does not say.</summary>
    private static uint? Of(string path)
    {
        var facts = new byte[Enough];
        try
        {
            if (OperatingSystem.IsMacOS())
            {
                var result = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? MacStat(path, facts) : MacStat64(path, facts);
                return result == 0 ? BitConverter.ToUInt32(facts, MacOwnerAt) : null;
            }

            return Stat(WorkingDirectory, path, NoFollow, Owner, facts) == 0 ? BitConverter.ToUInt32(facts, OwnerAt) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null; // a C library of before 2018
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint UserId();

    // The one call whose answer is laid out alike on all processors.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int directory, string path, int flags, uint wanted, [Out] byte[] facts);

    [LibraryImport("libc", EntryPoint = "lstat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MacStat(string path, [Out] byte[] facts);

    [LibraryImport("libc", EntryPoint = "lstat$INODE64", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MacStat64(string path, [Out] byte[] facts);
}
