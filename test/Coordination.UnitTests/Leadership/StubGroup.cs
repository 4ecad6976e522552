using System.Runtime.CompilerServices;
using Coordination.Membership;

namespace Coordination.UnitTests.Leadership;

/// <summary>A group whose views a test publishes, as its member <c>self</c> sees them.</summary>
internal sealed class StubGroup(string self) : IGroupMembership
{
    private readonly CancellationTokenSource _lost = new();
    private ViewNode _last = new(GroupView.Empty, place: 0);

    public string Group => "orders";

    public MembershipState State => MembershipState.Joined;

    public Member? Self => Current.Find(self);

    public GroupView Current => _last.View;

    public CancellationToken Lost => _lost.Token;

    /// <summary>The next view: these members, and these of the last one gone in order.</summary>
    public void Publish(IEnumerable<Member> members, params Member[] left)
    {
        var before = _last;
        var number = new ViewNumber(1, before.View.Number.Number + 1);
        var changes = left.Select(member => new MemberChange(MemberChangeKind.Left, member, Reason: null));
        _last = new ViewNode(new GroupView(number, [.. members], [.. changes], IsReset: false), before.Place + 1);
        before.Follow(_last);
    }

    public ValueTask<GroupView> RefreshAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(Current);

    public async IAsyncEnumerable<GroupView> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var node = _last; ; node = await node.Next.WaitAsync(cancellationToken))
        {
            yield return node.View;
        }
    }

    public ValueTask UpdateMetadataAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask JoinAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask LeaveAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
