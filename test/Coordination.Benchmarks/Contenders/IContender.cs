namespace Coordination.Benchmarks.Contenders;

/// <summary>A way to lock.</summary>
internal interface IContender : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Takes the lock, waiting if it is held, and gives it back.</summary>
    /// <param name="target">Which lock.</param>
    /// <param name="holds">Where to note the time in between, if anybody wants it.</param>
    ValueTask PairAsync(LockTarget target, HoldLog? holds = null);

    /// <summary>Takes the lock, waiting if it is held, and keeps it until what is returned is disposed.</summary>
    /// <param name="target">Which lock.</param>
    ValueTask<IAsyncDisposable> TakeAsync(LockTarget target);

    /// <summary>Returns when the server has carried out everything that was asked of it: whoever comes next finds nothing held.</summary>
    ValueTask SettleAsync() => ValueTask.CompletedTask;
}
