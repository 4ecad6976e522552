using System.Runtime.CompilerServices;

namespace Coordination.UnitTests.Locks;

/// <summary>A handle that nobody disposes.</summary>
public sealed class LockDropTests
{
    private readonly LockHouse _house = new(onPost: command => command.Complete(command.IsRelease ? 1 : 1024));

    [Fact]
    public async Task A_dropped_handle_is_reported_by_name_and_the_lock_stays_held()
    {
        await DropAsync();

        Collect();

        Assert.Contains("'forgotten'", Assert.Single(_house.Log.Lines, IsReport), StringComparison.Ordinal);
        Assert.Equal(1, _house.Locks.Held);
        Assert.Null(await _house.TryAcquireAsync("forgotten").InTime());
    }

    [Fact]
    public async Task A_handle_that_was_disposed_is_not_reported_nor_is_one_whose_lease_is_over()
    {
        await UseAsync();
        await DropAsync();
        _house.Lose();

        Collect();

        Assert.DoesNotContain(_house.Log.Lines, IsReport);
    }

    private static bool IsReport(string line) => line.StartsWith("LockDropped:", StringComparison.Ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task DropAsync() => await _house.AcquireAsync("forgotten").InTime();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task UseAsync()
    {
        await using var held = await _house.AcquireAsync("used").InTime();
    }

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
