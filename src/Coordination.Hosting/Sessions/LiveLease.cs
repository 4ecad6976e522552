using System.Collections.Immutable;
using Coordination.Backends;

namespace Coordination.Sessions;

/// <summary>One session's lease: everything that was taken on it is ours while it is open, and lost when it ends.</summary>
/// <param name="session">The session.</param>
/// <param name="clock">Its lease.</param>
/// <param name="homeOpened">Called when there is another deadline to watch.</param>
internal sealed class LiveLease(IBackendSession session, LeaseClock clock, Action<HomeLease>? homeOpened = null)
{
    private string? _ending;
    private int _ranOut;
    private ImmutableArray<HomeLease> _homes = [];

    public IBackendSession Session { get; } = session;

    public LeaseClock Clock { get; } = clock;

    /// <summary>Connections beside the session's that keep a lock each.</summary>
    public ImmutableArray<HomeLease> Homes => _homes;

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

    /// <summary>Believes in a connection that keeps a lock, from now until the lock is given back.</summary>
    public HomeLease Open(ILockHome home)
    {
        var opened = Clock.ForHome(home);
        ImmutableInterlocked.Update(ref _homes, static (homes, added) => homes.Add(added), opened);
        homeOpened?.Invoke(opened);
        return opened;
    }

    /// <summary>Its lock was given back, or it is over.</summary>
    public void Close(HomeLease home) => ImmutableInterlocked.Update(ref _homes, static (homes, removed) => homes.Remove(removed), home);

    /// <summary>The belief in a connection, while there is one.</summary>
    public HomeLease? Find(ILockHome home)
    {
        foreach (var candidate in _homes)
        {
            if (candidate.Home == home)
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>One round trip that proves the session alive, and the connection that keeps the lock where there is one.</summary>
    public async ValueTask<bool> ConfirmAsync(HomeLease? home, CancellationToken cancellationToken)
    {
        try
        {
            var kept = home?.Home.ConfirmAsync();
            var answer = await Session.BeatAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            var isKept = kept is null || await kept.WaitAsync(cancellationToken).ConfigureAwait(false);
            return isKept && answer.Standing is Standing.Good && IsOpen;
        }
        catch (CoordinationException)
        {
            return false; // no answer, no proof; the loss itself is told by the session
        }
    }
}
