using System.Diagnostics;
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
        await BeRootAsync();
        var trap = Path.Combine(_open.FullName, "trap");
        Directory.CreateDirectory(trap);
        File.SetUnixFileMode(_open.FullName, Everything | UnixFileMode.StickyBit);
        File.SetUnixFileMode(trap, Everything);
        await RunAsync("chown", $"{Another}", trap);

        var refusal = Assert.Throws<CoordinationConfigurationException>(() => FolderProof.Prepare(Path.Combine(_open.FullName, folder)));

        Assert.Contains($"belongs to another user (uid {Another}", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(trap));
    }

    [Fact]
    public async Task So_is_a_link_of_another_users_to_a_folder_of_our_own()
    {
        await BeRootAsync();
        var ours = Directory.CreateDirectory(Path.Combine(_open.FullName, "ours")).FullName;
        var link = Path.Combine(_open.FullName, "link");
        File.CreateSymbolicLink(link, ours);
        File.SetUnixFileMode(_open.FullName, Everything | UnixFileMode.StickyBit);
        await RunAsync("chown", "-h", $"{Another}", link);

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
        await BeRootAsync();
        var small = Directory.CreateDirectory(Path.Combine(_open.FullName, "small")).FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small);
        try
        {
            var root = Path.Combine(small, "group");
            FolderProof.Prepare(root);
            Assert.Throws<IOException>(() => Folder.Open(root, TimeProvider.System));

            await RunAsync("mount", "-o", "remount,size=16m", small);
            using var folder = Folder.Open(root, TimeProvider.System); // what was begun is begun anew
            folder.Enter();
            Assert.True(folder.TryLeave());
        }
        finally
        {
            await RunAsync("umount", small);
        }
    }

    [Fact]
    public async Task A_disk_that_may_only_be_read_is_refused_with_the_reason()
    {
        await BeRootAsync();
        var only = Directory.CreateDirectory(Path.Combine(_open.FullName, "only")).FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", only);
        try
        {
            var refusal = Assert.Throws<CoordinationConfigurationException>(() => FolderProof.Prepare(Path.Combine(only, "group")));
            Assert.Contains("Let this user create, write and lock files there", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            await RunAsync("umount", only);
        }
    }

    private async Task BeRootAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root may give folders away and mount.");
        try
        {
            await RunAsync("mount", "-t", "tmpfs", "tmpfs", _open.FullName);
            await RunAsync("umount", _open.FullName);
        }
        catch (InvalidOperationException e)
        {
            Assert.Skip("Root may not mount here: " + e.Message);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program}: {errors}");
        }
    }
}
