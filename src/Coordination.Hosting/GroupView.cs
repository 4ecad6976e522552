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

    /// <summary>The first by rank, then by number, among those that are up or suspect; null in an empty group.</summary>
    public Member? Leader => Members
        .Where(member => member.Status is MemberStatus.Up or MemberStatus.Suspect)
        .OrderBy(member => member.Rank)
        .ThenBy(member => member.Number)
        .FirstOrDefault();

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
}
