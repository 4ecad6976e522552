using Coordination.Partitioning;
using Coordination.UnitTests.Membership;

namespace Coordination.UnitTests.Partitioning;

/// <summary>
/// A group of processes that each follow the views with a plan of their own, and take and give away partitions as a lock for each allows.
/// Counts what moves.
/// </summary>
internal sealed class SimulatedGroup(int count, TimeSpan settle)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly SortedDictionary<long, (Member Member, PartitionPlan Plan)> _processes = [];
    private readonly string?[] _lastOwner = new string?[count];
    private readonly long[] _locks = new long[count];
    private long _number;
    private long _view;

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    /// <summary>How often a partition began to run at another process than before; the first time does not count.</summary>
    public int Moves { get; private set; }

    /// <summary>Ticks in which a partition had no owner, all partitions together.</summary>
    public int Idle { get; private set; }

    /// <summary>The partitions of a member.</summary>
    public int Of(long number) => _locks.Count(owner => owner == number);

    public long Start(string id)
    {
        var number = ++_number;
        var member = Members.Named(id, number) with { Metadata = new Dictionary<string, string> { ["coordination.partitions.billing"] = $"{count}" } };
        _processes.Add(number, (member, new PartitionPlan("billing", count, settle)));
        Publish();
        return number;
    }

    public void Stop(long number)
    {
        _processes.Remove(number);
        for (var partition = 0; partition < count; partition++)
        {
            _locks[partition] = _locks[partition] == number ? 0 : _locks[partition];
        }

        Publish();
    }

    public void Wait(TimeSpan time)
    {
        for (var end = Now + time; Now < end; Now += Tick)
        {
            Publish();
            Idle += _locks.Count(owner => owner == 0);
        }
    }

    private void Publish()
    {
        var view = Members.View(++_view, [.. _processes.Values.Select(process => process.Member)]);
        foreach (var (number, (_, plan)) in _processes)
        {
            plan.Follow(view, number, Enumerable.Range(0, count).Where(partition => _locks[partition] == number).ToHashSet(), Now);
            for (var partition = 0; partition < count; partition++)
            {
                _locks[partition] = _locks[partition] == number && !plan.Wanted.Contains(partition) ? 0 : _locks[partition];
            }
        }

        foreach (var (number, (member, plan)) in _processes)
        {
            foreach (var partition in plan.Wanted.Where(partition => _locks[partition] == 0))
            {
                _locks[partition] = number;
                Moves += _lastOwner[partition] is { } before && before != $"{member.Id}/{number}" ? 1 : 0;
                _lastOwner[partition] = $"{member.Id}/{number}";
            }
        }
    }
}
