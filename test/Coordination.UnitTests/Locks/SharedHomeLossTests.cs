using Coordination.Backends;
using Coordination.UnitTests.Backends.Scripted;

namespace Coordination.UnitTests.Locks;

/// <summary>The connection that keeps a shared lock ends while it is being asked whether more may share it: the answer counts no more.</summary>
public sealed class SharedHomeLossTests
{
    private static readonly LockRequest Shared = new() { Mode = LockMode.Shared };
    private static readonly TimeSpan TooOld = TimeSpan.FromSeconds(1);

    private readonly LockHouse _house = new();
    private readonly ScriptedHome _home;
    private readonly TaskCompletionSource<long?> _leave = new(); // whoever waits for it goes on before its setter does

    public SharedHomeLossTests()
    {
        _home = new ScriptedHome(_house.Time, new Journal());
        _house.Session.OnTryExtend = _ => _leave.Task;
    }

    [Fact]
    public async Task A_late_leave_to_share_lets_nobody_in_beside_a_writer()
    {
        using var impatient = new CancellationTokenSource();
        await ShareAsync();
        var sharer = _house.AcquireAsync("n", Shared, impatient.Token);
        var writer = _house.AcquireAsync("n");
        var reader = _house.AcquireAsync("n", Shared);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sharer.InTime());

        EndHome();
        await _house.GrantAsync();
        Assert.True((await writer.InTime()).IsHeld);
        _leave.SetResult(_house.NextToken());

        Assert.False(reader.IsCompleted);
        Assert.Equal((1, 1), (_house.Locks.Held, _house.Locks.Waiting));
    }

    [Fact]
    public async Task A_late_leave_to_share_grants_nothing_on_a_connection_that_has_ended()
    {
        await ShareAsync();
        var sharer = _house.AcquireAsync("n", Shared);

        EndHome();
        var wait = await _house.BusyAsync(); // the server still has the old connection
        _leave.SetResult(_house.NextToken());
        Assert.False(sharer.IsCompleted);
        wait.Grant(_house.NextToken());

        var held = await sharer.InTime();
        Assert.True(held.IsHeld);
        var releasing = held.DisposeAsync().AsTask();
        (await _house.ReleasedAsync()).Complete(1);
        await releasing.InTime();
        _house.AssertEmpty();
    }

    /// <summary>Held shared on a connection of its own, for too long to be joined without leave.</summary>
    private async Task ShareAsync()
    {
        var asked = _house.AcquireAsync("n", Shared);
        (await _house.BusyAsync()).Grant(_house.NextToken(), _home);
        await asked.InTime();
        _house.Time.Advance(TooOld);
        _home.HeardAt = Moment.Now(_house.Time);
    }

    private void EndHome()
    {
        var home = Assert.Single(_house.Lease.Homes);
        _home.IsOver = true;
        Assert.True(home.TryEnd());
        _house.Engine.HomeClosed(_house.Lease, home, "The connection was reset.");
        _house.Lease.Close(home);
    }
}
