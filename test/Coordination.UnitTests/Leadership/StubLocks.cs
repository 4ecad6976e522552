using System.Threading.Channels;

namespace Coordination.UnitTests.Leadership;

/// <summary>Locks that are granted when a test says so.</summary>
internal sealed class StubLocks : ILockProvider
{
    private readonly Channel<ILockHandle> _grants = Channel.CreateUnbounded<ILockHandle>();

    /// <summary>One entry for each wait that has begun.</summary>
    public Channel<LockName> Asked { get; } = Channel.CreateUnbounded<LockName>();

    public void Grant(ILockHandle handle) => _grants.Writer.TryWrite(handle);

    public ValueTask<ILockHandle> AcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default)
    {
        Asked.Writer.TryWrite(name);
        return _grants.Reader.ReadAsync(cancellationToken);
    }

    public ValueTask<ILockHandle?> TryAcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<ILockHandle> AcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<ILockHandle?> TryAcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<LockStatus> InspectAsync(LockName name, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
