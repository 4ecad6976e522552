using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>The least rights that a role needs, and which of them one lacks.</summary>
internal static class SchemaGrants
{
    private static readonly (string Name, string[] Rights)[] Tables =
    [
        ("schema_version", ["SELECT"]),
        ("history", ["SELECT", "UPDATE"]),
        ("groups", ["SELECT", "INSERT", "UPDATE"]),
        ("members", ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        ("view_log", ["SELECT", "INSERT", "DELETE"]),
    ];

    private static readonly (string Name, string[] Rights)[] Sequences =
    [
        ("member_no", ["USAGE"]),
        ("fence", ["USAGE", "UPDATE"]),
    ];

    /// <summary>The GRANT statements that are missing, ready to be run.</summary>
    public static IReadOnlyList<string> FindMissing(NpgsqlConnection connection, string schema)
    {
        var role = Identifier.Quote(connection.ExecuteScalar<string>(SchemaSql.Role)!);
        var quoted = Identifier.Quote(schema);
        List<string> grants = [];
        if (!connection.ExecuteScalar<bool>(SchemaSql.HasSchema, new { schema }))
        {
            grants.Add($"GRANT USAGE ON SCHEMA {quoted} TO {role};");
        }

        foreach (var (kind, things, sql) in new[] { ("TABLE", Tables, SchemaSql.HasTable), ("SEQUENCE", Sequences, SchemaSql.HasSequence) })
        {
            foreach (var (name, rights) in things)
            {
                var missing = rights.Where(right => !connection.ExecuteScalar<bool>(sql, new { schema, name, right })).ToArray();
                if (missing.Length > 0)
                {
                    grants.Add($"GRANT {string.Join(", ", missing)} ON {kind} {quoted}.{Identifier.Quote(name)} TO {role};");
                }
            }
        }

        return grants;
    }

    public static string CurrentRole(NpgsqlConnection connection, NpgsqlTransaction failed)
    {
        failed.Rollback();
        return Identifier.Quote(connection.ExecuteScalar<string>(SchemaSql.Role)!);
    }
}
