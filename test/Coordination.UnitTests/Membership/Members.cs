using Coordination.Backends;

namespace Coordination.UnitTests.Membership;

/// <summary>Members and views in few words.</summary>
internal static class Members
{
    public static Member Named(string id, long number, MemberStatus status = MemberStatus.Up) =>
        new(id, number, status, DateTimeOffset.UnixEpoch, Url: null, new Dictionary<string, string>());

    public static GroupView View(long number, params Member[] members) => new(new ViewNumber(1, number), members, [], IsReset: false);

    public static ViewChanges Next(long number, params MemberChange[] changes) => new(new ViewNumber(1, number), changes);

    public static MemberChange Change(MemberChangeKind kind, Member member) => new(kind, member, Reason: null);

    public static ViewChanges Joined(long number, string id, long memberNumber) =>
        Next(number, Change(MemberChangeKind.Joined, Named(id, memberNumber)));
}
