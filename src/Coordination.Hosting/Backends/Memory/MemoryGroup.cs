namespace Coordination.Backends.Memory;

/// <summary>One group: its living members, its view number and what made the last views. The server's gate is around it.</summary>
internal sealed class MemoryGroup(long epoch)
{
    /// <summary>How many views are remembered; whoever is further behind reads the whole group.</summary>
    internal const int LogLimit = 1000;

    private readonly SortedDictionary<long, MemoryMember> _members = [];
    private readonly Queue<ViewChanges> _log = [];
    private readonly Queue<HistoryFact> _history = [];

    public ViewNumber View { get; private set; } = new(epoch, 0);

    /// <summary>Whoever wants to hear of views: the members' sessions and the observers'.</summary>
    public HashSet<ServerSession> Sessions { get; } = [];

    public IReadOnlyCollection<MemoryMember> Members => _members.Values;

    /// <summary>What happened, the newest first.</summary>
    public IEnumerable<HistoryFact> History => _history.Reverse();

    public MemoryMember? Find(long number) => _members.GetValueOrDefault(number);

    public MemoryMember? Find(string id) => _members.Values.FirstOrDefault(member => member.Id == id);

    public void Add(MemoryMember member) => _members.Add(member.Number, member);

    public void Remove(MemoryMember member) => _members.Remove(member.Number);

    /// <summary>The only place that changes a view: one more than before, with all that was judged together.</summary>
    /// <param name="now">When it was judged.</param>
    /// <param name="changes">What is different.</param>
    public void Bump(DateTimeOffset now, params IReadOnlyList<MemberChange> changes)
    {
        View = View with { Number = View.Number + 1 };
        _log.Enqueue(new ViewChanges(View, changes));
        if (_log.Count > LogLimit)
        {
            _log.Dequeue();
        }

        foreach (var change in changes)
        {
            _history.Enqueue(new HistoryFact(now, View, change.Kind, change.Member.Id, change.Member.Number, change.Member.Status, change.Member.Metadata, change.Reason, By: null));
        }

        while (_history.Count > GroupFacts.MostHistory)
        {
            _history.Dequeue();
        }
    }

    public GroupSnapshot Read() => new(View, [.. _members.Values.Select(member => member.Show())]);

    /// <returns>Every change after a view, or null when the log does not reach back to it (or it belongs to another history).</returns>
    public IReadOnlyList<ViewChanges>? ReadChanges(ViewNumber after)
    {
        if (after.Epoch != View.Epoch || after > View || after.Number < View.Number - _log.Count)
        {
            return null;
        }

        return [.. _log.Where(view => view.View > after)];
    }
}
