using System.Reflection;
using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Creates and upgrades our tables, or says what is missing.</summary>
internal static class PostgresSchema
{
    private const string Prefix = "Coordination.Backends.Postgres.Scripts.";

    /// <summary>Makes the schema ready, or checks it.</summary>
    /// <exception cref="CoordinationConfigurationException">It is not ready, and we may not or cannot change that; the message lists what is missing.</exception>
    public static void Prepare(NpgsqlConnection connection, PostgresSettings settings)
    {
        RequireGrants(connection, settings);
        var scripts = Scripts();
        if (AppliedVersion(connection, settings) < scripts.Count)
        {
            if (!settings.CreateSchema)
            {
                throw Missing(connection, settings, scripts);
            }

            Apply(connection, settings, scripts);
        }
    }

    private static void RequireGrants(NpgsqlConnection connection, PostgresSettings settings)
    {
        var grants = SchemaGrants.FindMissing(connection, settings.Schema);
        if (grants.Count > 0)
        {
            throw new CoordinationConfigurationException(
                $"The role lacks rights in schema '{settings.Schema}' at {settings.Description}. As the schema's owner run: {string.Join(' ', grants)}");
        }
    }

    private static List<(string Name, string Text)> Scripts()
    {
        var assembly = typeof(PostgresSchema).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => (name[Prefix.Length..], Read(assembly, name)))];
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    /// <summary>How many scripts are applied; scripts are forward only, and a newer program may have applied more than we know.</summary>
    private static int AppliedVersion(NpgsqlConnection connection, PostgresSettings settings)
    {
        var table = $"{Identifier.Quote(settings.Schema)}.schema_version";
        return connection.ExecuteScalar<bool>(SchemaSql.TableExists, new { schema = settings.Schema, table = "schema_version" })
            ? connection.ExecuteScalar<int>($"select coalesce(max(version), 0) from {table}")
            : 0;
    }

    /// <summary>One transaction under one lock: ten processes may start on an empty database in the same instant.</summary>
    private static void Apply(NpgsqlConnection connection, PostgresSettings settings, List<(string Name, string Text)> scripts)
    {
        using var transaction = connection.BeginTransaction();
        try
        {
            connection.Execute(SchemaSql.Lock, new { key = MemberKeys.Schema }, transaction);
            if (!connection.ExecuteScalar<bool>(SchemaSql.SchemaExists, new { schema = settings.Schema }, transaction))
            {
                // Asked first, because a role without CREATE on the database may use a schema that somebody made for it.
                connection.Execute($"create schema {Identifier.Quote(settings.Schema)}", transaction: transaction);
            }

            var applied = AppliedVersion(connection, settings);
            if (applied == 0)
            {
                connection.Execute(Fill(SchemaSql.CreateVersion, settings.Schema), transaction: transaction);
            }

            for (var version = applied + 1; version <= scripts.Count; version++)
            {
                connection.Execute(Fill(scripts[version - 1].Text, settings.Schema), transaction: transaction);
                connection.Execute(Fill(SchemaSql.AddVersion, settings.Schema), new { version, script = scripts[version - 1].Name }, transaction);
            }

            transaction.Commit();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new CoordinationConfigurationException(
                $"The role may not create the tables of schema '{settings.Schema}' at {settings.Description} ({e.MessageText}). " +
                $"As an administrator run: create schema if not exists {Identifier.Quote(settings.Schema)} authorization {SchemaGrants.CurrentRole(connection, transaction)}; " +
                "or apply the scripts with another role and set CreateSchema = false.",
                e);
        }
    }

    private static string Fill(string script, string schema) => script
        .Replace("{schema}", Identifier.Quote(schema), StringComparison.Ordinal)
        .Replace("{session_space}", MemberKeys.Session.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static CoordinationConfigurationException Missing(NpgsqlConnection connection, PostgresSettings settings, List<(string Name, string Text)> scripts)
    {
        var applied = AppliedVersion(connection, settings);
        var missing = string.Join(", ", scripts.Skip(applied).Select(script => script.Name));
        return new CoordinationConfigurationException(
            $"Schema '{settings.Schema}' at {settings.Description} is at version {applied}, version {scripts.Count} is needed, and CreateSchema is false. " +
            $"Missing scripts: {missing}. Let a role that owns the schema start once with CreateSchema = true, or apply them by hand.");
    }
}
