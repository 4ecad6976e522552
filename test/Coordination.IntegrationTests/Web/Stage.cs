using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Coordination.IntegrationTests.Web;

/// <summary>The handlers of the tests: each says that it has begun, and ends when the test lets it.</summary>
public sealed class Stage
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ILockHandle?>> _begun = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _ends = new();

    /// <summary>How many bodies have run.</summary>
    public int Played => _begun.Values.Count(begun => begun.Task.IsCompleted);

    /// <summary>Completes with the handle when the body of this id has begun.</summary>
    public Task<ILockHandle?> BegunAsync(string id) => Begun(id).Task.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>Lets the body of this id end; also one that has not begun yet.</summary>
    public void End(string id) => Ending(id).TrySetResult();

    public async Task<string> PlayAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        Begun(id).TrySetResult(context.Features.Get<ILockHandle>());
        await Ending(id).Task.WaitAsync(cancellationToken);
        return id;
    }

    private TaskCompletionSource<ILockHandle?> Begun(string id) => _begun.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private TaskCompletionSource Ending(string id) => _ends.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
