namespace Coordination.Backends;

/// <summary>A lock that this process lost, for the others to see.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Token">The token of the grant that is over.</param>
/// <param name="Age">How long ago its holder was told: clocks differ between machines.</param>
/// <param name="Reason">Why.</param>
internal sealed record LostNote(string Name, long Token, TimeSpan Age, string Reason);
