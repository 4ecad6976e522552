namespace Coordination.UnitTests.Partitioning;

/// <summary>Answers every attempt as a test says; waiting is not asked for.</summary>
internal sealed class StubLocks : ILockProvider
{
    private int _attempts;

    public Func<ILockHandle?> Answer { get; set; } = static () => null;

    /// <summary>The only lock that is asked for.</summary>
    public string Name { get; init; } = "partition/billing/7";

    public int Attempts => Volatile.Read(ref _attempts);

    public ValueTask<ILockHandle?> TryAcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default)
    {
        Assert.Equal(Name, name.Value);
        Assert.Equal(default, request);
        Interlocked.Increment(ref _attempts);
        try
        {
            return ValueTask.FromResult(Answer());
        }
        catch (Exception e)
        {
            return ValueTask.FromException<ILockHandle?>(e);
        }
    }

    public ValueTask<ILockHandle> AcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<ILockHandle> AcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<ILockHandle?> TryAcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<LockStatus> InspectAsync(LockName name, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
