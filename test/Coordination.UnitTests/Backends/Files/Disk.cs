using System.Diagnostics;

namespace Coordination.UnitTests.Backends.Files;

/// <summary>A disk of a test's own, in memory. Only root may have one.</summary>
internal sealed class Disk : IAsyncDisposable
{
    private Disk(string path) => Path = path;

    public string Path { get; }

    /// <summary>Skips the test where one may not.</summary>
    public static async Task BeRootAsync(string folder)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root may give folders away and mount.");
        try
        {
            await RunAsync("mount", "-t", "tmpfs", "tmpfs", folder);
            await RunAsync("umount", folder);
        }
        catch (InvalidOperationException e)
        {
            Assert.Skip("Root may not mount here: " + e.Message);
        }
    }

    public static async Task<Disk> MountAsync(string path, string options)
    {
        Directory.CreateDirectory(path);
        await RunAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", path);
        return new Disk(path);
    }

    public static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program}: {errors}");
        }
    }

    /// <summary>Leaves no room on it.</summary>
    /// <returns>What to delete when there is to be room again.</returns>
    public string Fill()
    {
        var path = System.IO.Path.Combine(Path, "filler");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            return path;
        }
    }

    /// <summary>Lazily: what a test had mapped may still be open.</summary>
    public async ValueTask DisposeAsync() => await RunAsync("umount", "-l", Path);
}
