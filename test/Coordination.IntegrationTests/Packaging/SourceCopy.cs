namespace Coordination.IntegrationTests.Packaging;

/// <summary>What is packed, in a folder of its own that looks as if it had been cloned: it has a commit, and a place that it came from.</summary>
/// <remarks>The working tree itself may have been cloned from anywhere, or be no clone; the link to the sources would come and go with that.</remarks>
internal sealed class SourceCopy
{
    private const string Host = "github.com/example/coordination";

    private static readonly string[] Built = ["artifacts", "bin", "obj"];

    public SourceCopy(string root, string folder)
    {
        Folder = folder;
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(root).Where(file => Path.GetFileName(file) != ".git"))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        CopyFolder(Path.Combine(root, "src"), Path.Combine(folder, "src"));

        var projects = Directory.EnumerateFiles(Path.Combine(folder, "src"), "*.csproj", SearchOption.AllDirectories).Order();
        File.WriteAllText(Solution, $"<Solution>{string.Concat(projects.Select(project => $"<Project Path=\"{Path.GetRelativePath(folder, project)}\" />"))}</Solution>");

        // As much of a repository as is read for the link; git itself need not be installed.
        var git = Path.Combine(folder, ".git");
        Directory.CreateDirectory(Path.Combine(git, "objects"));
        Directory.CreateDirectory(Path.Combine(git, "refs"));
        File.WriteAllText(Path.Combine(git, "HEAD"), Commit + "\n");
        File.WriteAllText(Path.Combine(git, "config"), $"[core]\n\trepositoryformatversion = 0\n[remote \"origin\"]\n\turl = https://{Host}.git\n");
    }

    public string Folder { get; }

    /// <summary>All projects under src, and no others: what they share is built once.</summary>
    public string Solution => Path.Combine(Folder, "packed.slnx");

    /// <summary>The commit that the folder claims to be.</summary>
    public string Commit { get; } = new('c', 40);

    /// <summary>Where a debugger finds a file of it.</summary>
    public string Link => $"https://raw.githubusercontent.com/{Host["github.com/".Length..]}/{Commit}/*";

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.EnumerateDirectories(from).Where(folder => !Built.Contains(Path.GetFileName(folder))))
        {
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}
