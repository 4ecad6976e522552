namespace Coordination.Backends;

/// <summary>What waiting at the server brought.</summary>
/// <param name="Token">The grant's fencing number.</param>
/// <param name="Home">The connection that the lock lives on; null: the session itself.</param>
internal readonly record struct LockGrant(long Token, ILockHome? Home = null);
