namespace Coordination.UnitTests.Partitioning;

/// <summary>A handle that is held until it is released, or for as long as a test says.</summary>
internal sealed class StubHandle(long token) : ILockHandle
{
    private readonly CancellationTokenSource _lost = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LockName Name => "stub";

    public FencingToken Token { get; } = new(token);

    public CancellationToken Lost => _lost.Token;

    public bool IsHeld { get; set; } = true;

    public Task Released => _released.Task;

    public void Lose()
    {
        IsHeld = false;
        _lost.Cancel();
    }

    public ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(IsHeld);

    public ValueTask<ReleaseOutcome> ReleaseAsync(CancellationToken cancellationToken = default)
    {
        var outcome = IsHeld ? ReleaseOutcome.Released : ReleaseOutcome.WasLost;
        IsHeld = false;
        _released.TrySetResult();
        return ValueTask.FromResult(outcome);
    }

    public async ValueTask DisposeAsync() => await ReleaseAsync();
}
