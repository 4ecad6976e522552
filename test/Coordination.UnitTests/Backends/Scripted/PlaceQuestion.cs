using Coordination.Backends;

namespace Coordination.UnitTests.Backends.Scripted;

/// <summary>A question for one of several places, which the test answers.</summary>
internal sealed class PlaceQuestion(Func<IReadOnlyList<LockKey>> places, CancellationToken ending = default)
{
    private readonly TaskCompletionSource<PlaceGrant?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The places that are asked for at this moment.</summary>
    public IReadOnlyList<LockKey> Places => places();

    public bool IsCancelled => ending.IsCancellationRequested;

    public Task<PlaceGrant?> Answer => _answer.Task;

    public void Grant(LockKey place, long token) => _answer.SetResult(new PlaceGrant(place, token));

    /// <summary>Nothing is free, or the question was cancelled.</summary>
    public void Nothing() => _answer.SetResult(null);

    public void Fail(Exception cause) => _answer.SetException(cause);
}
