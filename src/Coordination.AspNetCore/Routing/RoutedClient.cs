namespace Coordination.Routing;

/// <summary>A client that was registered with a group, to be checked at the start.</summary>
/// <param name="Client">The client's name.</param>
/// <param name="Group">What it names; null for the membership without a key.</param>
internal sealed record RoutedClient(string Client, string? Group);
