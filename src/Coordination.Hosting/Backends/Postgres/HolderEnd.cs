namespace Coordination.Backends.Postgres;

/// <summary>What became of a session that was to be ended for the lock that it held.</summary>
internal enum HolderEnd
{
    /// <summary>It was ended.</summary>
    Ended,

    /// <summary>The server would not let us, or it has ended by itself.</summary>
    Refused,

    /// <summary>It did not hold the lock any more, and was left alone.</summary>
    LetGo,
}
