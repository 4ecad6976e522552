using System.Runtime.InteropServices;

namespace Coordination.PostgresBinaries;

/// <summary>Whose the programs are that we are about to run: whoever may write where they lie decides what we run.</summary>
internal static partial class CacheOwner
{
    private const int WorkingDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint Owner = 8;
    private const int OwnerAt = 20;
    private const int MacOwnerAt = 16;
    private const int Enough = 512;

    /// <summary>Refuses a folder that, or one above which, belongs to somebody else than this user or root, or may be written by others.</summary>
    /// <exception cref="FetchException">It does; the message says which, and what to do.</exception>
    public static void Check(string folder, string cache)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // the profile of a user is its own there
        }

        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (!Directory.Exists(at))
            {
                continue;
            }

            if (Of(at) is { } owner && owner != 0 && owner != UserId())
            {
                throw new FetchException(
                    $"Programs in {folder} are not run: {at} belongs to another user (uid {owner}; this one is {UserId()}), who could put others there. Remove it, or choose a folder of this user's with XDG_CACHE_HOME.");
            }

            // Above the cache a sticky folder will do, such as /tmp: others may not replace there what is ours.
            var mode = File.GetUnixFileMode(at);
            var isOpen = (mode & UnixFileMode.OtherWrite) != 0 || (Environment.IsPrivilegedProcess && (mode & UnixFileMode.GroupWrite) != 0);
            if (isOpen && (at.StartsWith(cache, StringComparison.Ordinal) || (mode & UnixFileMode.StickyBit) == 0))
            {
                throw new FetchException(
                    $"Programs in {folder} are not run: others may write into {at} and could put others there. Take that right away (chmod go-w) and remove {folder}, or choose another folder with XDG_CACHE_HOME.");
            }
        }
    }

    private static uint? Of(string path)
    {
        var facts = new byte[Enough];
        if (OperatingSystem.IsMacOS())
        {
            var result = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? MacStat(path, facts) : MacStat64(path, facts);
            return result == 0 ? BitConverter.ToUInt32(facts, MacOwnerAt) : null;
        }

        return Stat(WorkingDirectory, path, NoFollow, Owner, facts) == 0 ? BitConverter.ToUInt32(facts, OwnerAt) : null;
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
