using Coordination.Backends;

namespace Coordination.Sessions;

/// <summary>One session's lease: everything that was taken on it is ours while it is open, and lost when it ends.</summary>
internal sealed class LiveLease(IBackendSession session, LeaseClock clock)
{
    private string? _ending;
    private int _ranOut;

    public IBackendSession Session { get; } = session;

    public LeaseClock Clock { get; } = clock;

    /// <summary>Compared with the clock at every look: right even when nothing has run since the process was frozen.</summary>
    public bool IsOpen => Volatile.Read(ref _ending) is null && Clock.IsOpen;

    /// <summary>Why it ended, or null while it has not been declared over.</summary>
    public string? Ending => Volatile.Read(ref _ending);

    /// <summary>Declares it over.</summary>
    /// <returns>True for the one caller that did it: the watchdog, the session's end and a stop may all see the same end at once.</returns>
    public bool TryEnd(string reason) => Interlocked.CompareExchange(ref _ending, reason, null) is null;

    /// <summary>Notes that its time ran out before it was renewed or replaced.</summary>
    /// <returns>True for the one caller that tells it: the watchdog and a late answer may both find out.</returns>
    public bool TryRunOut() => Interlocked.Exchange(ref _ranOut, 1) == 0;

    /// <summary>One round trip that proves the session alive.</summary>
    public async ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Session.BeatAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            return answer.Standing is Standing.Good && IsOpen;
        }
        catch (CoordinationException)
        {
            return false; // no answer, no proof; the loss itself is told by the session
        }
    }
}
