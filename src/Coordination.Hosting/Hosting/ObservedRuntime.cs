using Coordination.Diagnostics;

namespace Coordination.Hosting;

/// <summary>A membership as the observable instruments show it.</summary>
internal sealed class ObservedRuntime(CoordinationRuntime runtime) : ITelemetrySource
{
    /// <inheritdoc/>
    public int LocksHeld => runtime.Locks.Held;

    /// <inheritdoc/>
    public int LocksWaiting => runtime.Locks.Waiting;

    /// <inheritdoc/>
    public int Members => runtime.Membership.Current.Members.Count;

    /// <inheritdoc/>
    public bool Leads => runtime.Session.State is MembershipState.Joined && runtime.Membership.Current.Leader?.Number == runtime.Membership.Self?.Number;

    /// <inheritdoc/>
    public TimeSpan? HeartbeatAge => runtime.Session.Report().HeartbeatAge;
}
