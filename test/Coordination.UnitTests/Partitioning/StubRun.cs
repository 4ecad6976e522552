namespace Coordination.UnitTests.Partitioning;

/// <summary>A run that is in the hands of a test: it has begun, its token, and how it ends.</summary>
internal sealed class StubRun(CancellationToken told)
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CancellationToken Told => told;

    public Task Task => _end.Task;

    public void End() => _end.SetResult();

    public void Throw() => _end.SetException(new InvalidDataException("the run's own"));
}
