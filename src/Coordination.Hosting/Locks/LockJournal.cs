using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Locks;

/// <summary>What is written down of single locks. Costs nothing where nobody listens.</summary>
internal sealed class LockJournal(TimeProvider time, ILogger logger)
{
    public ILogger Logger => logger;

    /// <summary>What was lost last.</summary>
    public LostLocks Lost { get; } = new(time);

    public void Acquired(LockClaim claim)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.LockAcquired(logger, claim.Name, claim.Token, time.GetElapsedTime(claim.AskedAt, claim.GrantedAt));
        }
    }

    public void Released(LockClaim claim)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.LockReleased(logger, claim.Name, claim.Token, time.GetElapsedTime(claim.GrantedAt));
        }
    }

    /// <summary>A caller's own code refused to hear what was decided. The decision stands.</summary>
    public void NotTold(LockClaim claim, Exception cause) => Log.CallerNotTold(logger, claim.Name, cause);

    /// <summary>A handle was collected without having been disposed.</summary>
    public void Dropped(LockClaim claim) => Log.LockDropped(logger, claim.Name, claim.Token, time.GetElapsedTime(claim.GrantedAt));
}
