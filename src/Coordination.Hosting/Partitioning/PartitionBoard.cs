using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Coordination.Partitioning;

/// <summary>What this process owns: a snapshot that anybody reads without a lock. Whatever a lease that is over still shows there is not owned.</summary>
internal sealed class PartitionBoard(int count) : IPartitionAssignment
{
    private readonly Lock _gate = new();
    private volatile Snapshot _now = new(ImmutableSortedDictionary<int, ILockHandle>.Empty);

    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public IReadOnlySet<int> Mine => ImmutableSortedSet.CreateRange(Held(_now).Select(pair => pair.Key));

    /// <inheritdoc/>
    public int PartitionOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);

        // The upper half of the product spreads evenly over any count. Frozen, like the hash.
        return (int)Math.BigMul(RendezvousHash.Of(key), (ulong)count, out _);
    }

    /// <inheritdoc/>
    public bool Owns(string key) => TryGetToken(PartitionOf(key), out _);

    /// <inheritdoc/>
    public bool TryGetToken(int partition, out FencingToken token)
    {
        var isMine = _now.Handles.TryGetValue(partition, out var handle) && handle.IsHeld;
        token = isMine ? handle!.Token : default;
        return isMine;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<PartitionChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        SortedDictionary<int, FencingToken> told = [];
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var now = _now;
            var held = Held(now).ToDictionary(pair => pair.Key, pair => pair.Value.Token);
            foreach (var (partition, token) in told.Where(pair => !held.TryGetValue(pair.Key, out var still) || still != pair.Value).ToList())
            {
                told.Remove(partition);
                yield return new PartitionChange(PartitionChangeKind.Revoked, partition, token);
            }

            foreach (var (partition, token) in held.Where(pair => !told.ContainsKey(pair.Key)).OrderBy(pair => pair.Key))
            {
                told.Add(partition, token);
                yield return new PartitionChange(PartitionChangeKind.Assigned, partition, token);
            }

            await now.Over.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The partition is ours from now on.</summary>
    public void Add(int partition, ILockHandle handle) => Publish(handles => handles.SetItem(partition, handle));

    /// <summary>The partition is not ours any more; nothing happens when that has been said.</summary>
    public void Remove(int partition, ILockHandle handle) => Publish(handles =>
        handles.TryGetValue(partition, out var known) && known == handle ? handles.Remove(partition) : handles);

    private static IEnumerable<KeyValuePair<int, ILockHandle>> Held(Snapshot snapshot) => snapshot.Handles.Where(pair => pair.Value.IsHeld);

    private void Publish(Func<ImmutableSortedDictionary<int, ILockHandle>, ImmutableSortedDictionary<int, ILockHandle>> change)
    {
        Snapshot before;
        lock (_gate)
        {
            before = _now;
            var handles = change(before.Handles);
            if (handles == before.Handles)
            {
                return;
            }

            _now = new Snapshot(handles);
        }

        before.End();
    }

    private sealed class Snapshot(ImmutableSortedDictionary<int, ILockHandle> handles)
    {
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ImmutableSortedDictionary<int, ILockHandle> Handles => handles;

        public Task Over => _over.Task;

        public void End() => _over.SetResult();
    }
}
