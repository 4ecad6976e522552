namespace Coordination.Backends;

/// <summary>One of the places of a lock with several holders.</summary>
/// <param name="Place">Its key.</param>
/// <param name="Token">The grant's fencing number.</param>
internal readonly record struct PlaceGrant(LockKey Place, long Token);
