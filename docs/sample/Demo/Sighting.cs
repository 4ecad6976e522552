using Conductors.Roles;

namespace Conductors.Demo;

/// <summary>One view as one replica showed it.</summary>
/// <param name="At">When the demo received it, by its own monotonic clock.</param>
/// <param name="View">The view.</param>
internal sealed record Sighting(long At, MembersAnswer View);
