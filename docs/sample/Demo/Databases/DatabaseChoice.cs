namespace Conductors.Demo.Databases;

/// <summary>Which PostgreSQL the demo uses.</summary>
/// <param name="Kind">How it comes to life.</param>
/// <param name="Where">The folder of the binaries, the container engine, or the place in which the URL was configured.</param>
/// <param name="Description">For people.</param>
/// <param name="RunAs">The user that runs a local cluster, when it cannot be the current one.</param>
/// <param name="Url">The configured URL. Never printed: it may hold a password.</param>
internal sealed record DatabaseChoice(DatabaseKind Kind, string Where, string Description, string? RunAs = null, string? Url = null);
