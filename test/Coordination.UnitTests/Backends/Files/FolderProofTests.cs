using System.Runtime.Versioning;
using Coordination.Backends.Files;

namespace Coordination.UnitTests.Backends.Files;

/// <summary>Folders that will not do.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class FolderProofTests : IDisposable
{
    private const int Another = 12_345;
    private const UnixFileMode Everything = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly DirectoryInfo _open = Directory.CreateTempSubdirectory("coordination-proof-");

    public void Dispose() => _open.Delete(recursive: true);

    [Theory]
    [InlineData("trap")]
    [InlineData("trap/deeper")]
    public async Task A_folder_that_another_user_made_where_everybody_may_write_is_refused_and_left_alone(string folder)
    {
        await Disk.BeRootAsync(_open.FullName);
        var trap = Path.Combine(_open.FullName, "trap");
        Directory.CreateDirectory(trap);
        File.SetUnixFileMode(_open.FullName, Everything | UnixFileMode.StickyBit);
        File.SetUnixFileMode(trap, Everything);
        await Disk.RunAsync("chown", $"{Another}", trap);

        var refusal = Assert.Throws<CoordinationConfigurationException>(() => FolderProof.Prepare(Path.Combine(_open.FullName, folder)));

        Assert.Contains($"belongs to another user (uid {Another}", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(trap));
    }

    [Fact]
    public async Task So_is_a_link_of_another_users_to_a_folder_of_our_own()
    {
        await Disk.BeRootAsync(_open.FullName);
        var ours = Directory.CreateDirectory(Path.Combine(_open.FullName, "ours")).FullName;
        var link = Path.Combine(_open.FullName, "link");
        File.CreateSymbolicLink(link, ours);
        File.SetUnixFileMode(_open.FullName, Everything | UnixFileMode.StickyBit);
        await Disk.RunAsync("chown", "-h", $"{Another}", link);

        Assert.Throws<CoordinationConfigurationException>(() => FolderProof.Prepare(link));

        Assert.Empty(Directory.EnumerateFileSystemEntries(ours));
        FolderProof.Prepare(ours);
    }

    [Fact]
    public void A_folder_that_we_make_is_entered_by_nobody_else()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights.");
        var root = Path.Combine(_open.FullName, "new", "folder");

        FolderProof.Prepare(root);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(root));
    }

    [Fact]
    public async Task A_disk_that_is_too_small_is_said_at_once_and_ends_no_process_later()
    {
        await Disk.BeRootAsync(_open.FullName);
        await using var small = await Disk.MountAsync(Path.Combine(_open.FullName, "small"), "size=1m");
        var root = Path.Combine(small.Path, "group");
        FolderProof.Prepare(root);
        Assert.Throws<IOException>(() => Folder.Open(root, TimeProvider.System));

        await Disk.RunAsync("mount", "-o", "remount,size=16m", small.Path);
        using var folder = Folder.Open(root, TimeProvider.System); // what was begun is begun anew
        folder.Enter();
        Assert.True(folder.TryLeave());
    }

    [Fact]
    public async Task A_disk_that_may_only_be_read_is_refused_with_the_reason()
    {
        await Disk.BeRootAsync(_open.FullName);
        await using var only = await Disk.MountAsync(Path.Combine(_open.FullName, "only"), "ro");

        var refusal = Assert.Throws<CoordinationConfigurationException>(() => FolderProof.Prepare(Path.Combine(only.Path, "group")));

        Assert.Contains("Let this user create, write and lock files there", refusal.Message, StringComparison.Ordinal);
    }
}
