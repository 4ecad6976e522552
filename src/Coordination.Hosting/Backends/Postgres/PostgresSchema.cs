using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Sees to it that our tables and functions are there, as this version of the library needs them.</summary>
/// <param name="connection">A connection of ours.</param>
/// <param name="settings">Which schema, and whether it may be created.</param>
/// <param name="mayCreate">Instead of what the settings say.</param>
internal sealed class PostgresSchema(NpgsqlConnection connection, PostgresSettings settings, bool? mayCreate = null)
{
    // In halves of a second: how long we try, and what one attempt takes when the tables are in use.
    private const int Patience = 60;
    private const int Passing = 3;

    private readonly Sql _sql = new(settings.Schema);

    private static int Known => SchemaScript.All[^1].Version;

    /// <summary>Checks the schema, and creates or upgrades it where it may. Two small queries when all is well.</summary>
    /// <exception cref="CoordinationConfigurationException">Something is missing; the message lists what to grant or to run.</exception>
    public void Prepare()
    {
        var facts = ReadFacts();
        if (!(mayCreate ?? settings.CreateSchema))
        {
            Refuse(facts, Missing(facts));
            return;
        }

        if (!facts.Exists || !facts.HasVersion || (CanRead(facts) && Missing(facts).Count > 0))
        {
            Create(facts);
            facts = ReadFacts();
        }

        Refuse(facts, []);
    }

    /// <summary>The scripts that have not been applied. Changes nothing.</summary>
    /// <exception cref="CoordinationConfigurationException">The schema is newer than this library, or cannot be read.</exception>
    public IReadOnlyList<SchemaScript> Pending()
    {
        var facts = ReadFacts();
        if (facts.Exists && facts.HasVersion && !CanRead(facts))
        {
            Refuse(facts, []);
        }

        return Missing(facts);
    }

    private SchemaFacts ReadFacts() => connection.QuerySingle<SchemaFacts>(Sql.SchemaFacts, new
    {
        settings.Schema,
        Names = SchemaPrivileges.Needed.Select(needed => needed.Name).ToArray(),
        Privileges = SchemaPrivileges.Needed.Select(needed => needed.Privilege).ToArray(),
    });

    private static bool CanRead(SchemaFacts facts) => facts.HasVersion && facts.MayUse && !facts.Lacks.Contains("schema_version SELECT");

    /// <summary>The scripts that have not been applied; none when that cannot be seen for want of a privilege.</summary>
    private List<SchemaScript> Missing(SchemaFacts facts)
    {
        if (!facts.Exists || !facts.HasVersion)
        {
            return [.. SchemaScript.All];
        }

        if (!CanRead(facts))
        {
            return [];
        }

        var applied = connection.Query<AppliedScript>(_sql.AppliedScripts).ToDictionary(script => script.Version);
        var needed = applied.Count == 0 ? 0 : applied.Values.Max(script => script.WorksFrom);
        if (needed > Known)
        {
            throw new CoordinationConfigurationException(
                $"Schema '{settings.Schema}' in database '{facts.Database}' is at version {applied.Keys.Max()}, which programs older than version {needed} " +
                $"cannot work with; this one knows version {Known}. Upgrade the package Coordination.Hosting, or give this program a schema of its own.");
        }

        return [.. SchemaScript.All.Where(script => !applied.ContainsKey(script.Version))];
    }

    private void Create(SchemaFacts before)
    {
        if (!before.Exists && !before.MayCreateSchema)
        {
            throw new CoordinationConfigurationException(
                $"Schema '{settings.Schema}' does not exist in database '{before.Database}' and role '{before.Role}' may not create it. As the database's owner run " +
                $"either: CREATE SCHEMA {Identifier.Quote(settings.Schema)} AUTHORIZATION {Identifier.Quote(before.Role)}; " +
                $"or: GRANT CREATE ON DATABASE {Identifier.Quote(before.Database)} TO {Identifier.Quote(before.Role)};");
        }

        var isTurn = false;
        for (var tried = 0; tried < Patience; tried += isTurn ? Passing : 1)
        {
            // A transaction for each attempt: the server ends one that lasts as long as the lease.
            using var transaction = connection.BeginTransaction();
            isTurn = HasTurn();
            if (isTurn && TryApply())
            {
                transaction.Commit();
                return;
            }

            transaction.Rollback();
            if (isTurn)
            {
                connection.Execute(Sql.LetOthersPass);
            }
        }

        throw new CoordinationUnavailableException(isTurn
            ? $"Schema '{settings.Schema}' cannot be upgraded while somebody else reads or writes its tables for longer than a moment: a dump, a report, a transaction that " +
              "was left open (pg_locks shows who holds a lock on them). Let it end, or end it; members go on with the schema as it is meanwhile."
            : $"Another process has been creating schema '{settings.Schema}' for over {Patience / 2} s. If it is not at work, end its session " +
              "(pg_locks shows it with locktype 'advisory' and classid 12586240).");
    }

    /// <returns>Whether the schema is as it should be; false when its tables were in use, and then nothing has changed.</returns>
    private bool TryApply()
    {
        // Asked again: whoever had the turn before us may have done it all.
        var facts = ReadFacts();
        if (!facts.Exists)
        {
            connection.Execute(_sql.CreateSchema);
        }

        var missing = Missing(facts);
        if (facts.Exists && missing.Count > 0 && !(facts.MayUse && facts.MayCreateIn))
        {
            throw new CoordinationConfigurationException(
                $"Schema '{settings.Schema}' in database '{facts.Database}' lacks {Names(missing)}, and role '{facts.Role}' may not create tables in it. As the schema's owner run: " +
                $"GRANT USAGE, CREATE ON SCHEMA {Identifier.Quote(settings.Schema)} TO {Identifier.Quote(facts.Role)};");
        }

        // Whoever waits for a table to change it holds up all that come after, heartbeats too: behind a long reader the whole group
        // would lose its leases. So we give way, and let the others pass before we try again.
        connection.Execute(Sql.LimitWaitsForTables);
        try
        {
            foreach (var script in missing)
            {
                connection.Execute(script.For(settings.Schema));
                connection.Execute(_sql.RememberScript, new { script.Version, script.Name, script.WorksFrom });
            }

            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    /// <summary>Whether it is our turn, after waiting a slice for it where it is somebody else's.</summary>
    private bool HasTurn()
    {
        if (Ask())
        {
            return true;
        }

        connection.Execute(Sql.NameTurnToCreate, new { settings.Schema });
        connection.Execute(Sql.AwaitTurnToCreate);
        return Ask();

        bool Ask() => connection.ExecuteScalar<bool>(Sql.HasTurnToCreate, new { settings.Schema });
    }

    /// <summary>Says everything that is missing in one message, so that it takes one visit of somebody who may grant.</summary>
    private void Refuse(SchemaFacts facts, List<SchemaScript> missing)
    {
        List<string> remedies = [];
        if (!facts.Exists)
        {
            remedies.Add($"CREATE SCHEMA {Identifier.Quote(settings.Schema)};");
        }
        else
        {
            remedies.AddRange(SchemaPrivileges.Grants(facts, settings.Schema));
        }

        if (missing.Count > 0)
        {
            remedies.Add($"the scripts {Names(missing)} (or start once with CreateSchema = true as a role that may create them)");
        }

        if (remedies.Count > 0)
        {
            throw new CoordinationConfigurationException(
                $"Schema '{settings.Schema}' in database '{facts.Database}' is not ready for role '{facts.Role}'. Missing: {string.Join(" ", remedies)}");
        }
    }

    private static string Names(List<SchemaScript> scripts) => string.Join(", ", scripts.Select(script => script.Name));
}
