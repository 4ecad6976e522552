namespace Coordination.Locks;

/// <summary>What lock tables need around them, the same for every lease.</summary>
/// <param name="MemberId">Who we are, for messages.</param>
/// <param name="Time">The clock.</param>
/// <param name="Journal">Where single locks are written down.</param>
/// <param name="PostsReleases">Whether a dispose waits for nobody.</param>
internal sealed record LockContext(string MemberId, TimeProvider Time, LockJournal Journal, bool PostsReleases);
