namespace Conductors.Roles;

/// <summary>A node after some work on it.</summary>
/// <param name="Id">The node.</param>
/// <param name="State">What was done last.</param>
/// <param name="Conductor">Who did it.</param>
/// <param name="Token">The fencing token of the lock it was done under.</param>
internal sealed record NodeState(string Id, string State, string Conductor, long Token);
