using System.Collections.Concurrent;

namespace Coordination.IntegrationTests.Leaders;

/// <summary>What the leader services of a test do, and what they did: one line for each start and end, in order.</summary>
public sealed class LeaderLedger
{
    private readonly object _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _changed = New();

    /// <summary>What a service does once it has started; by default it waits for its token.</summary>
    public ConcurrentDictionary<string, Func<CancellationToken, Task>> Scripts { get; } = new();

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public void Note(string line)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _lines.Add(line);
            (changed, _changed) = (_changed, New());
        }

        changed.SetResult();
    }

    public async Task ReachesAsync(Func<IReadOnlyList<string>, bool> fits, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (fits(_lines))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public Task HasAsync(string line, CancellationToken cancellationToken) => ReachesAsync(lines => lines.Contains(line), cancellationToken);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
