namespace Coordination.Backends.Files;

/// <summary>What a <see cref="LockRecord"/> says.</summary>
internal enum RecordState
{
    /// <summary>Nothing.</summary>
    Free = 0,

    /// <summary>The session waits for the key.</summary>
    Waiting = 1,

    /// <summary>The session holds the key.</summary>
    Held = 2,

    /// <summary>The session waits for any place of a lock with several holders; it looks itself.</summary>
    WaitingForPlace = 3,
}
