#if DISTRIBUTED_LOCK
using Medallion.Threading;
using Medallion.Threading.Postgres;

namespace Coordination.Benchmarks.Contenders;

/// <summary>The library DistributedLock.Postgres as it comes, connection multiplexing included. Compiled in with <c>-p:WithDistributedLock=true</c>.</summary>
internal sealed class DistributedLockLibrary(string connectionString) : IContender
{
    /// <inheritdoc/>
    public string Name => Rivals.DistributedLock;

    /// <inheritdoc/>
    public async ValueTask PairAsync(LockTarget target, HoldLog? holds = null)
    {
        await using var handle = await Lock(target).AcquireAsync();
        holds?.Add(since: HoldLog.Now());
    }

    /// <inheritdoc/>
    public async ValueTask<IAsyncDisposable> TakeAsync(LockTarget target) => await Lock(target).AcquireAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask; // its pool is the process's

    private IDistributedLock Lock(LockTarget target) => new PostgresDistributedLock(new PostgresAdvisoryLockKey(target.Key), connectionString);
}
#endif
