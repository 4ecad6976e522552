using System.Security.Authentication;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>What an error of the server, the driver or the network means: can trying again help, or must somebody change something?</summary>
/// <remarks>Messages carry the server's own text and our description of the place; never a connection string.</remarks>
internal static class PostgresErrors
{
    /// <summary>Raised by the schema: the group takes no more members.</summary>
    private const string GroupIsFull = "CH001";

    /// <summary>Whether the session, and with it every lock it held, is gone or cannot be trusted any more.</summary>
    public static bool EndsSession(string sqlState) => Class(sqlState) switch
    {
        "08" or "53" => true,
        "57" => sqlState.StartsWith("57P", StringComparison.Ordinal),
        "25" => sqlState is PostgresErrorCodes.ReadOnlySqlTransaction or "25P03" or "25P04", // a standby; idle in transaction; transaction_timeout
        "58" or "XX" => true, // the server's disk or the server itself is broken
        _ => false,
    };

    /// <summary>Whether nobody answered in time: what was too slow once may be asked again.</summary>
    public static bool IsTimeout(Exception e) => Chain(e).Any(static link => link is TimeoutException);

    /// <summary>The error for our users.</summary>
    public static CoordinationException Translate(Exception e, PostgresSettings settings) => e switch
    {
        CoordinationException known => known,
        PostgresException answer => FromServer(answer, settings),
        NpgsqlException driver => FromDriver(driver, settings),
        _ => new CoordinationUnavailableException($"{settings.Description} cannot be used now: {Sentence(Innermost(e).Message)}", e),
    };

    private static CoordinationException FromServer(PostgresException e, PostgresSettings settings)
    {
        var said = $"{settings.Description} says: {Sentence(e.MessageText)}";
        var remedy = e.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword => "Check user and password in BackendUrl.",
            PostgresErrorCodes.InvalidAuthorizationSpecification => "Check the user in BackendUrl, sslmode, and the server's pg_hba.conf.",
            PostgresErrorCodes.InvalidCatalogName => "Create the database, or correct its name in BackendUrl.",
            PostgresErrorCodes.InsufficientPrivilege =>
                "Grant it to the role that BackendUrl names; start with CreateSchema = false once to get the list of all that is missing.",
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn =>
                $"Somebody dropped or changed schema '{settings.Schema}', or part of it. With CreateSchema = true it is created anew at the next connect; part of it is not: drop the rest.",
            PostgresErrorCodes.ReservedName => "Give a schema name that does not begin with pg_.",
            PostgresErrorCodes.ReadOnlySqlTransaction =>
                "It is a standby, or set to read only. Give BackendUrl the address of the primary, or all hosts.",
            _ when Class(e.SqlState) == "28" => "Check user and password in BackendUrl, and the server's pg_hba.conf.",
            _ when Class(e.SqlState) == "22" => "A name, url or metadata has a value that the server cannot keep (a NUL character, say); change it.",
            _ when Class(e.SqlState) == "42" => "The server does not take a statement of ours; is it PostgreSQL itself, and the schema as our scripts made it?",
            _ => null,
        };
        return remedy is null
            ? new CoordinationUnavailableException($"{said} ({e.SqlState}){Hint(e)}", e)
            : new CoordinationConfigurationException($"{said} ({e.SqlState}) {remedy}", e);
    }

    private static string Hint(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.TooManyConnections => " Raise max_connections, or use fewer elsewhere.",
        PostgresErrorCodes.OutOfMemory => " Raise max_locks_per_transaction, or hold fewer locks at a time.",
        GroupIsFull => " Stop some, or spread the service over several groups (Group).",
        PostgresErrorCodes.LockNotAvailable when e.Hint is { } ours => $" {ours}", // the server itself has none at that error: which session has the row
        _ => string.Empty,
    };

    private static CoordinationException FromDriver(NpgsqlException e, PostgresSettings settings)
    {
        if (Chain(e).OfType<PostgresException>().FirstOrDefault() is { } answer)
        {
            return FromServer(answer, settings);
        }

        var root = Innermost(e);
        if (root is AuthenticationException)
        {
            return new CoordinationConfigurationException(
                $"{settings.Description} was not reached by TLS: {Sentence(root.Message)} Give the certificate of its authority as sslrootcert, or another sslmode.", e);
        }

        if (root == e && e.Message.StartsWith("SSL", StringComparison.Ordinal))
        {
            return new CoordinationConfigurationException(
                $"{settings.Description} does not speak TLS, which sslmode demands. Turn it on at the server (ssl = on), or give another sslmode.", e);
        }

        if (root == e && e.Message.Contains("password", StringComparison.OrdinalIgnoreCase))
        {
            return new CoordinationConfigurationException($"{settings.Description} asks for a password and none is configured. Give one in BackendUrl, PGPASSWORD or a passfile.", e);
        }

        return new CoordinationUnavailableException($"{settings.Description} did not answer: {Sentence(root.Message)}", e);
    }

    private static string Class(string sqlState) => sqlState.Length < 2 ? string.Empty : sqlState[..2];

    private static Exception Innermost(Exception e) => Chain(e).Last();

    private static IEnumerable<Exception> Chain(Exception e)
    {
        for (Exception? link = e; link is not null; link = link.InnerException)
        {
            yield return link;
        }
    }

    private static string Sentence(string text) => text.EndsWith('.') ? text : $"{text}.";
}
