using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>A name and its key.</summary>
internal readonly record struct WantedLock(LockName Name, LockKey Key);
