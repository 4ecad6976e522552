using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;

namespace Coordination.Backends.Files;

/// <summary>Small files that are replaced as a whole: whoever reads one sees the old or the new, also when the writer was killed in between.</summary>
internal static partial class FolderFile
{
    public static T? Read<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new CoordinationConfigurationException(
                $"'{path}' is not what Coordination.Hosting wrote. Stop all processes that use the folder and delete it, or name another one in BackendUrl. {e.Message}", e);
        }
    }

    /// <param name="path">The file.</param>
    /// <param name="value">What it has from now on.</param>
    /// <param name="type">How to write it.</param>
    /// <param name="isDurable">Whether it survives a loss of power from the return on.</param>
    public static void Write<T>(string path, T value, JsonTypeInfo<T> type, bool isDurable = false)
    {
        var temporary = path + ".new";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
        {
            JsonSerializer.Serialize(file, value, type);
            if (isDurable)
            {
                file.Flush(flushToDisk: true);
            }
        }

        File.Move(temporary, path, overwrite: true);
        if (isDurable && !OperatingSystem.IsWindows())
        {
            // The new name is in the directory, which has to reach the disk as well.
            using var directory = new SafeFileHandle(OpenFile(Path.GetDirectoryName(path)!, 0), ownsHandle: true);
            _ = Sync(directory);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);
}
