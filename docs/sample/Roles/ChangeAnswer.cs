namespace Conductors.Roles;

/// <summary>What happened to one member, as JSON.</summary>
internal sealed record ChangeAnswer(string Kind, string Member, string? Reason);
