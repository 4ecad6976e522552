namespace Coordination;

/// <summary>The group at one instant: a snapshot that never changes. Every member sees the same content under the same number.</summary>
/// <param name="Number">The number of the view.</param>
/// <param name="Members">The living, in order of their numbers.</param>
/// <param name="Changes">What happened since the view before; empty when <paramref name="IsReset"/>.</param>
/// <param name="IsReset">Views before this one were not shown: compare the members instead of reading the changes.</param>
public sealed record GroupView(ViewNumber Number, IReadOnlyList<Member> Members, IReadOnlyList<MemberChange> Changes, bool IsReset)
{
    /// <summary>The view before the first one: no number, nobody.</summary>
    public static GroupView Empty { get; } = new(default, [], [], IsReset: false);

    /// <summary>
    /// The first by rank, then by number, among those that are up or suspect and not degraded; null when there is none. A suspect keeps its seat:
    /// it may not know yet, and is back in a moment or out of the view.
    /// </summary>
    public Member? Leader
    {
        get
        {
            Member? first = null;
            foreach (var member in Members)
            {
                if (member.Status is MemberStatus.Up or MemberStatus.Suspect && !member.IsDegraded
                    && (first is null || member.Rank < first.Rank || (member.Rank == first.Rank && member.Number < first.Number)))
                {
                    first = member;
                }
            }

            return first;
        }
    }

    /// <summary>The member with this id, or null.</summary>
    /// <param name="id">A member id.</param>
    /// <returns>The member, or null when the view has none of that id.</returns>
    public Member? Find(string id) => Members.FirstOrDefault(member => member.Id == id);

    /// <summary>Any member that is up, each equally likely.</summary>
    /// <param name="where">Which members fit; all when null.</param>
    /// <returns>One of them.</returns>
    /// <exception cref="NoMemberAvailableException">None fits.</exception>
    public Member PickRandom(Func<Member, bool>? where = null)
    {
        var fit = Members.Where(member => member.Status is MemberStatus.Up && (where is null || where(member))).ToArray();
        return fit.Length > 0
            ? fit[Random.Shared.Next(fit.Length)]
            : throw new NoMemberAvailableException(
                $"View {Number} has {Members.Count} members and none that is up{(where is null ? string.Empty : " and fits")}. " +
                "Start one, or try again when one has joined.");
    }

    /// <summary>The member that owns a key: the same one in every process that sees this view, on every platform and in every version.</summary>
    /// <remarks>
    /// Those that are up own keys in proportion to their metadata <c>weight</c>; one that is suspect keeps its own until it is back or gone. When a
    /// member goes, only its keys move, and when one comes, keys move only to it. A member that starts again under the same id owns the same
    /// keys again. Two processes that see different views may disagree for a moment: take a lock where that matters.
    /// </remarks>
    /// <param name="key">Any text.</param>
    /// <returns>The owner.</returns>
    /// <exception cref="NoMemberAvailableException">Nobody is up or suspect with a weight over 0.</exception>
    public Member OwnerOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return RendezvousHash.Owner(Members, key) ?? throw NobodyOwns(string.Empty);
    }

    /// <summary>The members that own a key together, its first owner (<see cref="OwnerOf"/>, when that one is not ignored) first.</summary>
    /// <remarks>
    /// One member of every <c>zone</c> (metadata) comes before a second one of any, so that as many zones as possible hold the key. Those without a
    /// zone count as one zone.
    /// </remarks>
    /// <param name="key">Any text.</param>
    /// <param name="count">How many, at least 1; fewer come when there are fewer.</param>
    /// <param name="ignore">Ids of members that do not count, such as one that has just refused.</param>
    /// <returns>Different members, at least one.</returns>
    /// <exception cref="NoMemberAvailableException">Nobody who is not ignored is up or suspect with a weight over 0.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A count under 1.</exception>
    public IReadOnlyList<Member> OwnersOf(string key, int count, IEnumerable<string>? ignore = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        HashSet<string> ignored = new(ignore ?? [], StringComparer.Ordinal);
        var owners = RendezvousHash.Owners(Members.Where(member => !ignored.Contains(member.Id)), key, count);
        return owners.Count > 0 ? owners : throw NobodyOwns(ignored.Count > 0 ? $" beside the {ignored.Count} that are ignored" : string.Empty);
    }

    private NoMemberAvailableException NobodyOwns(string beside) => new(
        $"View {Number} has {Members.Count} members and none that can own a key{beside}: up or suspect, with a weight over 0. " +
        "Start one, or try again when one has joined.");
}
