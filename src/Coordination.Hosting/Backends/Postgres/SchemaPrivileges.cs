namespace Coordination.Backends.Postgres;

/// <summary>The least that a role needs which does not own the schema, and the statements that grant it. Pure.</summary>
internal static class SchemaPrivileges
{
    /// <summary>Table or sequence, then the privilege.</summary>
    public static IReadOnlyList<(string Name, string Privilege)> Needed { get; } =
    [
        ("schema_version", "SELECT"),
        ("history", "SELECT"), ("history", "UPDATE"),
        ("groups", "SELECT"), ("groups", "INSERT"), ("groups", "UPDATE"),
        ("members", "SELECT"), ("members", "INSERT"), ("members", "UPDATE"), ("members", "DELETE"),
        ("view_log", "SELECT"), ("view_log", "INSERT"), ("view_log", "DELETE"),
        ("connections", "SELECT"), ("connections", "INSERT"), ("connections", "UPDATE"), ("connections", "DELETE"),
        ("lock_board", "SELECT"), ("lock_board", "INSERT"), ("lock_board", "UPDATE"), ("lock_board", "DELETE"),
        ("lost_locks", "SELECT"), ("lost_locks", "INSERT"), ("lost_locks", "UPDATE"), ("lost_locks", "DELETE"),
        ("semaphores", "SELECT"), ("semaphores", "INSERT"), ("semaphores", "UPDATE"),
        ("fences", "SELECT"), ("fences", "INSERT"), ("fences", "UPDATE"),
        ("live_locks", "SELECT"), ("live_connections", "SELECT"),
        ("member_no", "USAGE"), ("member_no", "UPDATE"),
        ("fence", "USAGE"), ("fence", "UPDATE"),
    ];

    private static readonly HashSet<string> Sequences = ["member_no", "fence"];

    /// <summary>The GRANT statements for what the role lacks, one for each object.</summary>
    public static IReadOnlyList<string> Grants(SchemaFacts facts, string schema)
    {
        var quoted = Identifier.Quote(schema);
        var role = Identifier.Quote(facts.Role);
        List<string> grants = [];
        if (!facts.MayUse)
        {
            grants.Add($"GRANT USAGE ON SCHEMA {quoted} TO {role};");
        }

        foreach (var lack in facts.Lacks.Select(lack => lack.Split(' ')).GroupBy(lack => lack[0], lack => lack[1]))
        {
            var kind = Sequences.Contains(lack.Key) ? "SEQUENCE" : "TABLE";
            grants.Add($"GRANT {string.Join(", ", lack)} ON {kind} {quoted}.{Identifier.Quote(lack.Key)} TO {role};");
        }

        if (facts.LacksFunctions)
        {
            grants.Add($"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {quoted} TO {role};");
        }

        return grants;
    }
}
