using System.Collections.Immutable;

namespace Coordination.IntegrationTests.Partitions;

/// <summary>Who works on which partition at this instant, over all hosts of a test process; notes it when two work on one at once.</summary>
public sealed class PartitionLedger
{
    private readonly Lock _gate = new();
    private readonly List<string> _faults = [];
    private readonly Dictionary<int, FencingToken> _tokens = [];
    private ImmutableDictionary<int, string> _running = ImmutableDictionary<int, string>.Empty;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many runs have begun.</summary>
    public int Begun { get; private set; }

    /// <summary>The partitions that somebody works on.</summary>
    public IReadOnlyDictionary<int, string> Running
    {
        get
        {
            lock (_gate)
            {
                return _running;
            }
        }
    }

    public void Begin(int partition, string who, FencingToken token)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            Begun++;
            if (_running.TryGetValue(partition, out var other))
            {
                _faults.Add($"Partition {partition} began at {who} while {other} worked on it.");
            }

            if (_tokens.TryGetValue(partition, out var before) && token < before)
            {
                _faults.Add($"Partition {partition} began at {who} with token {token} after {before}.");
            }

            _tokens[partition] = token;
            _running = _running.SetItem(partition, who);
            changed = Swap();
        }

        changed.SetResult();
    }

    public void End(int partition, string who)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_running.GetValueOrDefault(partition) != who)
            {
                _faults.Add($"Partition {partition} ended at {who}, which did not work on it.");
            }

            _running = _running.Remove(partition);
            changed = Swap();
        }

        changed.SetResult();
    }

    /// <summary>Waits until the work is spread as is asked for.</summary>
    public async Task<IReadOnlyDictionary<int, string>> ReachesAsync(Func<IReadOnlyDictionary<int, string>, bool> fits, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            IReadOnlyDictionary<int, string> now;
            lock (_gate)
            {
                (now, changed) = (_running, _changed.Task);
            }

            if (fits(now))
            {
                return now;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Nobody ever worked on a partition beside another, and tokens rose.</summary>
    public void AssertFaultless()
    {
        lock (_gate)
        {
            Assert.Empty(_faults);
        }
    }

    private TaskCompletionSource Swap()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return changed;
    }
}
