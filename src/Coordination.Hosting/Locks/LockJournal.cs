using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Locks;

/// <summary>What is written down of single locks. Costs nothing where nobody listens.</summary>
internal sealed class LockJournal(TimeProvider time, ILogger logger)
{
    public ILogger Logger => logger;

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

    /// <summary>A handle was collected without having been disposed. Called by the finalizer, where an exception of somebody's logger would end the process.</summary>
    public void Dropped(LockClaim claim)
    {
        try
        {
            Log.LockDropped(logger, claim.Name, claim.Token, time.GetElapsedTime(claim.GrantedAt));
        }
        catch (Exception)
        {
            // There is nobody to tell.
        }
    }
}
