using Coordination.Backends;
using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Sessions;

/// <summary>What a lease needs around it, the same for every stay in the group.</summary>
/// <param name="Backend">Where the group lives.</param>
/// <param name="Locks">Who takes locks on the lease.</param>
/// <param name="Views">Who keeps the current view.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Where to log.</param>
internal sealed record LeaseContext(IBackend Backend, ILockOwner Locks, IViewFollower Views, TimeProvider Time, ILogger Logger)
{
    /// <summary>Who measures.</summary>
    public Telemetry Telemetry { get; init; } = Telemetry.None;
}
