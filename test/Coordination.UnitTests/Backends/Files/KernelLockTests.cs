using System.Diagnostics;
using Coordination.Backends.Files;

namespace Coordination.UnitTests.Backends.Files;

/// <summary>Who looks at a lock disturbs nobody.</summary>
public sealed class KernelLockTests
{
    [Fact]
    public void Of_two_that_look_at_once_none_takes_the_other_for_the_holder()
    {
        using var table = new TemporaryTable();
        var path = Path.Combine(table.Folder.Paths.Root, "free");
        using (var look = KernelLock.Open(path))
        {
            Assert.True(look.TryShare());
            Assert.False(KernelLock.IsHeld(path)); // while the other still looks
        }

        using var holder = KernelLock.Open(path);
        Assert.True(holder.TryTake());
        Assert.True(KernelLock.IsHeld(path));
    }

    [Fact]
    public void A_missing_file_says_nothing_of_its_holder() => Assert.Null(KernelLock.IsHeld("/nobody/has/made/it"));

    [Fact]
    public async Task A_program_that_is_started_meanwhile_inherits_no_lock()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Handles are inherited by name there.");
        using var table = new TemporaryTable();
        var path = Path.Combine(table.Folder.Paths.Root, "held");
        using var child = HoldWhileStarting(path);
        try
        {
            Assert.False(KernelLock.IsHeld(path));
            Assert.False(child.HasExited);
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static Process HoldWhileStarting(string path)
    {
        using var held = KernelLock.Open(path);
        Assert.True(held.TryTake());
        return Process.Start("sleep", ["600"]);
    }
}
