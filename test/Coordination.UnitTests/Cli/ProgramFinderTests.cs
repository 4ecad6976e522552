using Coordination.Running;
using Coordination.Shell;

namespace Coordination.UnitTests.Cli;

public sealed class ProgramFinderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("coordination-programs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_name_is_looked_for_in_PATH_only_and_one_that_may_not_be_executed_is_passed_over()
    {
        var (first, second) = (Place("first/tool"), Place("second/tool"));
        var path = string.Join(Path.PathSeparator, Path.GetDirectoryName(first), Path.Combine(_folder, "missing"), Path.GetDirectoryName(second));

        Assert.Equal(first, ProgramFinder.Find("tool", path, static _ => true));
        Assert.Equal(second, ProgramFinder.Find("tool", path, file => file == second));
        Assert.Equal(ExitCodes.CannotExecute, Assert.Throws<CliFault>(() => ProgramFinder.Find("tool", path, static _ => false)).ExitCode);
        Assert.Equal(ExitCodes.NotFound, Assert.Throws<CliFault>(() => ProgramFinder.Find("tool", _folder, static _ => true)).ExitCode);
    }

    [Fact]
    public void A_path_is_taken_as_it_is()
    {
        var tool = Place("tool");

        Assert.Equal(tool, ProgramFinder.Find(tool, path: null, static _ => true));
        Assert.Equal(ExitCodes.CannotExecute, Assert.Throws<CliFault>(() => ProgramFinder.Find(tool, path: null, static _ => false)).ExitCode);
        Assert.Equal(ExitCodes.CannotExecute, Assert.Throws<CliFault>(() => ProgramFinder.Find(_folder, path: null, static _ => true)).ExitCode);
        Assert.Equal(ExitCodes.NotFound, Assert.Throws<CliFault>(() => ProgramFinder.Find(tool + "-not", path: null, static _ => true)).ExitCode);
        Assert.Equal(ExitCodes.NotFound, Assert.Throws<CliFault>(() => ProgramFinder.Find(string.Empty, path: null, static _ => true)).ExitCode);
    }

    private string Place(string file)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, string.Empty);
        return path;
    }
}
