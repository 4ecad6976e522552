namespace Coordination.IntegrationTests.Hosting;

public sealed class SlowBank : IBank
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Asked => _asked.Task;

    public void Open() => _open.TrySetResult();

    public Task PayAsync(string order, FencingToken token, CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        return _open.Task.WaitAsync(cancellationToken);
    }
}
