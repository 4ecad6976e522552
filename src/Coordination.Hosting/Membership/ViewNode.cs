namespace Coordination.Membership;

/// <summary>A published view and the promise of the next one: watchers walk the chain, each at its own pace, and own nothing that could leak.</summary>
internal sealed class ViewNode(GroupView view, long place)
{
    private readonly TaskCompletionSource<ViewNode> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GroupView View { get; } = view;

    /// <summary>How many views were published before it.</summary>
    public long Place { get; } = place;

    public Task<ViewNode> Next => _next.Task;

    public void Follow(ViewNode next) => _next.SetResult(next);
}
