using Coordination.Backends;

namespace Coordination.Sessions;

/// <summary>How long the connection that keeps one lock may be believed: the same count as the session's, for what lives beside it.</summary>
internal sealed class HomeLease(ILockHome home, TimeProvider time, TimeSpan trust)
{
    private int _isOver;
    private int _ended;

    public ILockHome Home { get; } = home;

    /// <summary>Time left; zero or less when it is over.</summary>
    public TimeSpan Remaining => trust - Home.HeardAt.Elapsed(time);

    /// <summary>Compared with the clock at every look; once it was seen closed it stays closed, whatever is answered later.</summary>
    public bool IsOpen
    {
        get
        {
            if (Volatile.Read(ref _isOver) == 0 && Remaining > TimeSpan.Zero)
            {
                return true;
            }

            Volatile.Write(ref _isOver, 1);
            return false;
        }
    }

    /// <summary>Declares it over.</summary>
    /// <returns>True for the one caller that did it.</returns>
    public bool TryEnd()
    {
        Volatile.Write(ref _isOver, 1);
        return Interlocked.Exchange(ref _ended, 1) == 0;
    }
}
