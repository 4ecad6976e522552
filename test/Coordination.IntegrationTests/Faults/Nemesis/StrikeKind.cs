namespace Coordination.IntegrationTests.Faults.Nemesis;

internal enum StrikeKind
{
    /// <summary>SIGKILL.</summary>
    Killed,

    /// <summary>SIGSTOP, then SIGCONT.</summary>
    Frozen,

    /// <summary>One of its connections was ended at the server.</summary>
    Terminated,

    /// <summary>SIGTERM: it leaves in order.</summary>
    Stopped,

    /// <summary>The server was away.</summary>
    DatabaseAway,
}
