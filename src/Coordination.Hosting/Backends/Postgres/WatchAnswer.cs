namespace Coordination.Backends.Postgres;

/// <summary>What a watcher knows after a slice.</summary>
/// <param name="IsGone">Whether the session of the next member in the ring is gone.</param>
/// <param name="IsMember">Whether the member that the watcher belongs to is living; true for an observer.</param>
/// <param name="IsSessionGone">Whether its own session is gone.</param>
/// <param name="HasLost">Whether there are lost members that it is this watcher's affair to have judged.</param>
/// <param name="Members">How many members the group has.</param>
/// <param name="View">The newest view; default when the group is not there any more.</param>
internal readonly record struct WatchAnswer(bool IsGone, bool IsMember, bool IsSessionGone, bool HasLost, int Members, ViewNumber View);
