using System.Collections.Concurrent;
using System.Threading.Channels;
using Coordination.Backends;

namespace Coordination.UnitTests.Backends.Memory;

/// <summary>What a session told its owner.</summary>
internal sealed class RecordedEvents : ISessionEvents
{
    private readonly Channel<BeatAnswer> _beats = Channel.CreateUnbounded<BeatAnswer>();
    private readonly TaskCompletionSource<Exception> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<Moment> _sentAt = [];
    private int _endings;

    public IReadOnlyCollection<Moment> SentAt => _sentAt;

    public int Endings => Volatile.Read(ref _endings);

    public Task<Exception> EndedAsync() => _ended.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);

    /// <summary>Waits until a beat has brought this view or a newer one.</summary>
    public async Task SawAsync(ViewNumber view)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while ((await _beats.Reader.ReadAsync(limit.Token)).View < view)
        {
        }
    }

    public void Beaten(IBackendSession session, Moment sentAt, BeatAnswer answer)
    {
        _sentAt.Enqueue(sentAt);
        _beats.Writer.TryWrite(answer);
    }

    public void Ended(IBackendSession session, Exception cause)
    {
        Interlocked.Increment(ref _endings);
        _ended.TrySetResult(cause);
    }

    public void ViewSeen(ViewNumber view) => throw new InvalidOperationException("In memory there is no watcher: a beat tells.");

    public void HomeEnded(IBackendSession session, ILockHome home, Exception cause) => throw new InvalidOperationException("In memory no lock has a connection of its own.");
}
