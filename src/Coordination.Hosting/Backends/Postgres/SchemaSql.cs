namespace Coordination.Backends.Postgres;

/// <summary>The statements that create and check our schema.</summary>
internal static class SchemaSql
{
    public const string Lock = "select pg_catalog.pg_advisory_xact_lock(@key)";

    public const string SchemaExists = "select exists (select from pg_catalog.pg_namespace where nspname = @schema)";

    /// <summary>By the catalogue, which everybody may read: to_regclass fails without the right to the schema.</summary>
    public const string TableExists =
        """
        select exists (
            select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = @schema and c.relname = @table)
        """;

    public const string CreateVersion =
        "create table {schema}.schema_version (version integer primary key, script text not null, applied_at timestamptz not null default pg_catalog.now())";

    public const string AddVersion = "insert into {schema}.schema_version (version, script) values (@version, @script)";

    /// <summary>Whether the role has a right to something that is there; what is not there yet needs none.</summary>
    public const string HasSchema =
        "select coalesce((select pg_catalog.has_schema_privilege(oid, 'USAGE') from pg_catalog.pg_namespace where nspname = @schema), true)";

    /// <summary>The same for a table.</summary>
    public const string HasTable =
        """
        select coalesce((
            select pg_catalog.has_table_privilege(c.oid, @right)
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = @schema and c.relname = @name), true)
        """;

    /// <summary>The same for a sequence.</summary>
    public const string HasSequence =
        """
        select coalesce((
            select pg_catalog.has_sequence_privilege(c.oid, @right)
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = @schema and c.relname = @name), true)
        """;

    public const string Role = "select current_user::text";
}
