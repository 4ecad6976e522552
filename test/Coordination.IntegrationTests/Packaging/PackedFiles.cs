using System.IO.Compression;

namespace Coordination.IntegrationTests.Packaging;

/// <summary>What two packages have in them.</summary>
internal static class PackedFiles
{
    /// <returns>The names of those that are in one of the two only, or have other content there.</returns>
    public static IReadOnlyList<string> Differing(string package, string other)
    {
        using var one = ZipFile.OpenRead(package);
        using var two = ZipFile.OpenRead(other);
        var (first, second) = (Sums(one), Sums(two));
        return [.. first.Except(second).Concat(second.Except(first)).Select(static file => file.Name).Distinct()];
    }

    private static List<(string Name, uint Sum, long Length)> Sums(ZipArchive archive) => [.. archive.Entries.Select(static entry => (entry.FullName, entry.Crc32, entry.Length))];
}
