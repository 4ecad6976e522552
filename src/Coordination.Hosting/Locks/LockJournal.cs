using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Locks;

/// <summary>What is written down of single locks, measured and traced. Costs next to nothing where nobody listens.</summary>
internal sealed class LockJournal(TimeProvider time, ILogger logger, Telemetry? telemetry = null)
{
    private readonly Telemetry _telemetry = telemetry ?? Telemetry.None;

    public ILogger Logger => logger;

    /// <summary>What was lost last.</summary>
    public LostLocks Lost { get; } = new(time);

    /// <summary>Somebody asks, in its own flow.</summary>
    public void Asked(LockClaim claim) => claim.Trace = _telemetry.TraceLock(claim.Name, claim.Terms.Template);

    /// <summary>It was refused, for a reason or because it is busy. Its caller is told after this, so nothing may come out of it.</summary>
    public void Refused(LockClaim claim, Exception? cause)
    {
        try
        {
            WriteRefused(claim, cause);
        }
        catch (Exception e)
        {
            NotTold(claim, e);
        }
    }

    /// <summary>It was granted. As <see cref="Refused"/>.</summary>
    public void Acquired(LockClaim claim)
    {
        try
        {
            WriteAcquired(claim);
        }
        catch (Exception e)
        {
            NotTold(claim, e);
        }
    }

    /// <summary>It was lost while it was held.</summary>
    public void TellLost(LockClaim claim, string reason)
    {
        claim.Trace?.Ended(isLost: true);
        _telemetry.LockGone(claim.Name, claim.Terms.Template, claim.Terms.Mode, time.GetElapsedTime(claim.GrantedAt), isLost: true);
        Log.LockLost(logger, claim.Name, claim.Token, reason);
    }

    public void Released(LockClaim claim)
    {
        claim.Trace?.Ended(isLost: false);
        if (_telemetry.MeasuresHolds)
        {
            // Where nobody measures, the look at the clock would be most of what this costs.
            _telemetry.LockGone(claim.Name, claim.Terms.Template, claim.Terms.Mode, time.GetElapsedTime(claim.GrantedAt), isLost: false);
        }

        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.LockReleased(logger, claim.Name, claim.Token, time.GetElapsedTime(claim.GrantedAt));
        }
    }

    /// <summary>A caller's own code refused to hear what was decided, or a logger or a listener to the meter failed at it. The decision stands.</summary>
    public void NotTold(LockClaim claim, Exception cause)
    {
        try
        {
            Log.CallerNotTold(logger, claim.Name, cause);
        }
        catch (Exception)
        {
            // A logger that fails has nowhere to say so, and others of the same batch are still to be told what they wait for.
        }
    }

    /// <summary>A handle was collected without having been disposed.</summary>
    public void Dropped(LockClaim claim)
    {
        try
        {
            Log.LockDropped(logger, claim.Name, claim.Token, time.GetElapsedTime(claim.GrantedAt));
        }
        catch (Exception)
        {
            // On the finalizer's thread, where an exception ends the process: a logger that fails, as one that is disposed already, must not do that.
        }
    }

    private void WriteRefused(LockClaim claim, Exception? cause)
    {
        var result = cause switch
        {
            OperationCanceledException => LockResult.Canceled,
            not null => LockResult.Error,
            _ => claim.Terms.Waits ? LockResult.Timeout : LockResult.NotAcquired,
        };
        claim.Trace?.Refused(result, cause);
        _telemetry.LockDecided(
            claim.Name, claim.Terms.Template, claim.Terms.Mode, time.GetElapsedTime(claim.AskedAt), result, result == LockResult.Error ? cause!.GetType().FullName : null);
    }

    private void WriteAcquired(LockClaim claim)
    {
        claim.Trace?.Granted(claim.Token);
        _telemetry.LockDecided(claim.Name, claim.Terms.Template, claim.Terms.Mode, time.GetElapsedTime(claim.AskedAt, claim.GrantedAt), LockResult.Acquired, error: null);
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.LockAcquired(logger, claim.Name, claim.Token, time.GetElapsedTime(claim.AskedAt, claim.GrantedAt));
        }
    }
}
