namespace Coordination;

/// <summary>What a release found.</summary>
public enum ReleaseOutcome
{
    /// <summary>The lock was held until now and is free for others.</summary>
    Released = 0,

    /// <summary>The lock had been lost before: somebody else may have held it while this holder still worked.</summary>
    WasLost = 1,
}
