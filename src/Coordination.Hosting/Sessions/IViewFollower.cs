using Coordination.Backends;

namespace Coordination.Sessions;

/// <summary>Who keeps the current view of the group.</summary>
internal interface IViewFollower
{
    /// <summary>The newest view that was published; default before the first.</summary>
    ViewNumber Seen { get; }

    /// <summary>Publishes every view that the server has beyond <see cref="Seen"/>; the first time, the one that the session opened with.</summary>
    ValueTask CatchUpAsync(IBackendSession session);

    /// <summary>This process is in the group, perhaps again: what <see cref="Out"/> said is over.</summary>
    void In();

    /// <summary>This incarnation is out of the group.</summary>
    void Out();
}
