using System.Runtime.CompilerServices;

namespace Coordination.UnitTests.Diagnostics;

/// <summary>The documents of this repository, as they are.</summary>
internal static class ProjectDocuments
{
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root(), "docs", path)).ReplaceLineEndings("\n");

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
