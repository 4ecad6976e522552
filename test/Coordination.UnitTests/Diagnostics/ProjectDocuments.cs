using System.Runtime.CompilerServices;

namespace Coordination.UnitTests.Diagnostics;

/// <summary>The documents of this repository, as they are.</summary>
internal static class ProjectDocuments
{
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root(), "docs", path)).ReplaceLineEndings("\n");

    /// <summary>The text of all sources of the libraries and the tool.</summary>
    public static IEnumerable<string> Sources() =>
        Directory.EnumerateFiles(Path.Combine(Root(), "src"), "*", SearchOption.AllDirectories).Where(static file => Path.GetExtension(file) is ".cs" or ".sql").Select(File.ReadAllText);

    private static string Root([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (!File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
