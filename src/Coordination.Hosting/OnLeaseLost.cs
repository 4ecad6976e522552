namespace Coordination;

/// <summary>What to do when the lease is lost.</summary>
public enum OnLeaseLost
{
    /// <summary>Tell every holder, then join again.</summary>
    Reconnect = 0,

    /// <summary>Tell every holder, then stop the host with exit code 75, for an orchestrator to start a fresh one.</summary>
    StopHost = 1,
}
