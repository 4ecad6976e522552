namespace Coordination.IntegrationTests.Cli;

/// <summary>What happens to the machine that has the lock.</summary>
internal enum GuardStrike
{
    None,
    HolderKilled,
    HolderFrozen,

    /// <summary>For less than the lease.</summary>
    HolderNaps,
    GuardKilled,
    GuardNaps,
    NetworkSilent,
    NetworkSilentAndGuardFrozen,
    NetworkSilentAndHolderFrozen,
    CommandKilled,
    HolderTerminated,

    /// <summary>The server sees the end of the connection, and so does the holder.</summary>
    NetworkCut,
}
