namespace Coordination.Leadership;

/// <summary>When a leader last went out of the views without having said so itself: it may live for a moment and not know.</summary>
/// <remarks>
/// The server ends a session at once (an operator, a successor with the same member id), and the process learns of it with its next pulse, within
/// a second. Nothing can wait for what is out of the view, so whoever comes after it waits for that second. The views before our first one are unknown:
/// unless the group began with us, that counts as a departure too.
/// </remarks>
internal sealed class Departures
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    private readonly IGroupMembership _membership;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private TaskCompletionSource _followed = New();
    private ViewNumber _seen;
    private long? _lastAt;

    public Departures(IGroupMembership membership, TimeProvider time)
    {
        (_membership, _time) = (membership, time);

        // From the current view on, which is seen before this returns. It follows as long as there are views, and must carry nobody's ambient values.
        using (ExecutionContext.SuppressFlow())
        {
            _ = FollowAsync();
        }
    }

    /// <summary>Waits until every leader that was gone in this view has had its second.</summary>
    public async Task SettleAsync(ViewNumber view, CancellationToken cancellationToken)
    {
        while (Next(view) is { } next)
        {
            await next(cancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static bool Leads(Member member) => member.Metadata.Keys.Any(key => key.StartsWith(RoleNote.Prefix, StringComparison.Ordinal));

    private static bool IsUnsure(GroupView before, GroupView view) => before.Number == default
        ? view.Number.Number > 1
        : !OnlyCome(view) && before.Members.Any(member => Leads(member)
            && view.Members.All(known => known.Number != member.Number)
            && !view.Changes.Any(change => change.Kind is MemberChangeKind.Left && change.Member.Number == member.Number));

    /// <summary>In a group that starts, each member sees each of the others come, and would look at all of them each time.</summary>
    private static bool OnlyCome(GroupView view) =>
        !view.IsReset && view.Changes.Count > 0 && view.Changes.All(change => change.Kind is MemberChangeKind.Joined);

    private Func<CancellationToken, Task>? Next(ViewNumber view)
    {
        lock (_gate)
        {
            if (_seen < view)
            {
                var followed = _followed.Task;
                return cancellationToken => followed.WaitAsync(cancellationToken);
            }

            var left = _lastAt is { } at ? Settle - _time.GetElapsedTime(at) : TimeSpan.Zero;
            return left > TimeSpan.Zero ? cancellationToken => Task.Delay(left, _time, cancellationToken) : null;
        }
    }

    private async Task FollowAsync()
    {
        var before = GroupView.Empty;
        await foreach (var view in _membership.WatchAsync(CancellationToken.None).ConfigureAwait(false))
        {
            TaskCompletionSource followed;
            lock (_gate)
            {
                _lastAt = IsUnsure(before, view) ? _time.GetTimestamp() : _lastAt;
                _seen = view.Number;
                (followed, _followed) = (_followed, New());
            }

            before = view;
            followed.SetResult();
        }
    }
}
