using System.Runtime.CompilerServices;
using Coordination.Backends;
using Coordination.Diagnostics;
using Coordination.Sessions;
using Microsoft.Extensions.Logging;

namespace Coordination.Membership;

/// <summary>The current view and everybody who watches. One writer at a time, any number of readers without a lock.</summary>
internal sealed class GroupViews(string group, ILogger logger, Telemetry? telemetry = null) : IViewFollower
{
    /// <summary>A watcher that is further behind than this gets one reset instead of all it missed.</summary>
    internal const int Backlog = 256;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private volatile ViewNode _last = new(GroupView.Empty, place: 0);
    private volatile CancellationTokenSource _out = new();
    private long? _leader;

    public GroupView Current => _last.View;

    /// <summary>Fires when this incarnation is out of the group.</summary>
    public CancellationToken OutToken => _out.Token;

    /// <inheritdoc/>
    public ViewNumber Seen => _last.View.Number;

    /// <inheritdoc/>
    public async ValueTask CatchUpAsync(IBackendSession session)
    {
        // The session loop and a refresh may both find us behind; the second one finds nothing left to do.
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Seen == default)
            {
                Publish(new GroupView(session.Opening.View, session.Opening.Members, [], IsReset: false));
            }

            if (await session.ReadChangesAsync(Seen).ConfigureAwait(false) is not { } later || !TryPublish(later))
            {
                var snapshot = await session.ReadGroupAsync().ConfigureAwait(false);
                if (snapshot.View > Seen)
                {
                    Publish(new GroupView(snapshot.View, snapshot.Members, [], IsReset: true));
                }
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public void In()
    {
        // Not where views are read: a refresh that waited there for its turn would take back that we are out.
        if (_out.IsCancellationRequested)
        {
            _out = new CancellationTokenSource();
        }
    }

    /// <inheritdoc/>
    public void Out() => _ = _out.CancelAsync();

    /// <summary>The current view, then every later one in order.</summary>
    public async IAsyncEnumerable<GroupView> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var node = _last;
        yield return node.View;
        while (true)
        {
            var next = await node.Next.WaitAsync(cancellationToken).ConfigureAwait(false);
            var newest = _last;
            if (newest.Place - next.Place > Backlog)
            {
                node = newest;
                yield return newest.View with { Changes = [], IsReset = true };
            }
            else
            {
                node = next;
                yield return next.View;
            }
        }
    }

    private bool TryPublish(IReadOnlyList<ViewChanges> later)
    {
        foreach (var changes in later)
        {
            if (changes.View <= Seen)
            {
                continue;
            }

            if (!ViewFold.Follows(Current, changes))
            {
                return false;
            }

            Publish(ViewFold.Apply(Current, changes));
        }

        return true;
    }

    private void Publish(GroupView view)
    {
        Measure(view);
        var node = new ViewNode(view, _last.Place + 1);
        var before = _last;
        _last = node;
        before.Follow(node);
        if (logger.IsEnabled(LogLevel.Information))
        {
            Log.ViewChanged(logger, view.Number, group, view.Members.Count, Describe(view));
        }
    }

    private void Measure(GroupView view)
    {
        foreach (var change in view.Changes)
        {
            telemetry?.MemberChanged(change.Kind);
        }

        var leader = view.Leader?.Number;
        if (Current.Number != default && leader != _leader)
        {
            telemetry?.LeaderChanged();
        }

        _leader = leader;
    }

    private static string Describe(GroupView view) => view.Changes.Count == 0
        ? "read as a whole"
        : string.Join("; ", view.Changes.Select(change =>
            $"{change.Kind} {change.Member.Id}{(change.Reason is null ? string.Empty : $" ({change.Reason})")}"));
}
