namespace Coordination.Locks;

/// <summary>What is going on with a key.</summary>
internal enum EntryPhase
{
    /// <summary>The server is being asked whether it is free.</summary>
    Trying,

    /// <summary>Another process holds it, and we stand in the server's queue.</summary>
    Waiting,

    /// <summary>This process holds it.</summary>
    Held,

    /// <summary>The server is being told that it is free again.</summary>
    Releasing,
}
