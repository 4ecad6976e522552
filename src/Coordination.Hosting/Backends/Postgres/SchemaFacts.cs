namespace Coordination.Backends.Postgres;

/// <summary>What the server's catalogs say about our schema and what we may do in it.</summary>
internal sealed class SchemaFacts
{
    public required string Role { get; init; }

    public required string Database { get; init; }

    public bool Exists { get; init; }

    public bool MayCreateSchema { get; init; }

    public bool MayUse { get; init; }

    public bool MayCreateIn { get; init; }

    public bool HasVersion { get; init; }

    /// <summary>Some functions may not be called.</summary>
    public bool LacksFunctions { get; init; }

    /// <summary>Missing privileges on tables and sequences that exist, each as <c>name PRIVILEGE</c>.</summary>
    public string[] Lacks { get; init; } = [];
}
