namespace Coordination.UnitTests.Partitioning;

/// <summary>A handle that is held for as long as a test says.</summary>
internal sealed class StubHandle(long token) : ILockHandle
{
    public LockName Name => "stub";

    public FencingToken Token { get; } = new(token);

    public CancellationToken Lost => CancellationToken.None;

    public bool IsHeld { get; set; } = true;

    public ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(IsHeld);

    public ValueTask<ReleaseOutcome> ReleaseAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(ReleaseOutcome.Released);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
