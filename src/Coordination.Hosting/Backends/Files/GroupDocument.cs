namespace Coordination.Backends.Files;

/// <summary>A group as its file has it.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="View">The number of its view.</param>
/// <param name="Members">The living, in order of their numbers.</param>
/// <param name="Log">What made the last views, the oldest first.</param>
internal sealed record GroupDocument(string Name, long View, IReadOnlyList<MemberEntry> Members, IReadOnlyList<ViewEntry> Log)
{
    /// <summary>How many views are remembered; whoever is further behind reads the whole group.</summary>
    public const int LogLimit = 256;

    /// <summary>The locks that members lost, the oldest first. No news for the view.</summary>
    public IReadOnlyList<LostLockReport> Lost { get; init; } = [];

    public MemberEntry? Find(long number) => Members.FirstOrDefault(entry => entry.Member.Number == number);

    public MemberEntry? Find(string id) => Members.FirstOrDefault(entry => entry.Member.Id == id);

    /// <summary>With an entry in the place of the one of its number, or as a new one.</summary>
    public GroupDocument With(MemberEntry entry) => this with
    {
        Members = [.. Members.Where(one => one.Member.Number != entry.Member.Number).Append(entry).OrderBy(one => one.Member.Number)],
    };

    public GroupDocument Without(long number) => this with { Members = [.. Members.Where(one => one.Member.Number != number)] };

    /// <summary>The only place that changes a view: one more than before, with all that was judged together.</summary>
    public GroupDocument Bump(DateTimeOffset now, long? by, IReadOnlyList<MemberChange> changes) => this with
    {
        View = View + 1,
        Log = [.. Log.TakeLast(LogLimit - 1), new ViewEntry(View + 1, now, by, changes)],
    };

    public GroupSnapshot Read(long epoch) => new(new ViewNumber(epoch, View), [.. Members.Select(entry => entry.Member)]);

    /// <returns>Every change after a view, or null when the log does not reach back to it (or it belongs to another history).</returns>
    public IReadOnlyList<ViewChanges>? ReadChanges(long epoch, ViewNumber after) =>
        after.Epoch != epoch || after.Number > View || after.Number < View - Log.Count
            ? null
            : [.. Log.Where(entry => entry.View > after.Number).Select(entry => new ViewChanges(new ViewNumber(epoch, entry.View), entry.Changes))];
}
