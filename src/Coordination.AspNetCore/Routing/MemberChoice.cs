namespace Coordination.Routing;

/// <summary>Chooses members out of the current view: a random one, or the owners of a key one after the other.</summary>
internal sealed class MemberChoice(IGroupMembership membership, Func<Member, bool>? where)
{
    public string Group => membership.Group;

    /// <summary>A member that has not been asked.</summary>
    /// <param name="key">The key that it should own; null: any.</param>
    /// <param name="passed">Those that have been asked.</param>
    /// <returns>A member with a url; null when nobody is left.</returns>
    public Member? Next(string? key, IReadOnlyList<Member> passed)
    {
        var view = membership.Current;
        var fit = view.Members.Where(member => member.Url is not null && where?.Invoke(member) is not false && passed.All(other => other.Number != member.Number)).ToList();
        try
        {
            // The owner among those that can be asked: everybody who sees the view finds the same one.
            return (view with { Members = fit }) is var some && key is null ? some.PickRandom() : some.OwnerOf(key!);
        }
        catch (NoMemberAvailableException)
        {
            return null;
        }
    }

    /// <summary>What a request without a host of its own is addressed to until a member is chosen: for logs.</summary>
    public static Uri Anywhere(string? group) => new($"http://{(Uri.CheckHostName(group) is UriHostNameType.Dns ? group : "member")}/");
}
