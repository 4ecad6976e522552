using System.Net.Sockets;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>What an error of the driver or the server means to us. No connection string or password goes into a message.</summary>
internal static class PostgresErrors
{
    /// <summary>One of our two kinds: what somebody must change, and what may heal.</summary>
    public static CoordinationException Translate(Exception error, PostgresSettings settings) => error switch
    {
        CoordinationException ours => ours,
        PostgresException server => FromServer(server, settings),
        NpgsqlException { InnerException: SocketException socket } => new CoordinationUnavailableException(
            $"The server at {settings.Description} cannot be reached: {socket.Message}. Is it running, and do host and port in BackendUrl name it?", error),
        NpgsqlException { InnerException: TimeoutException } => new CoordinationUnavailableException(
            $"The server at {settings.Description} did not answer in time. Is the network between us silent, or the server overloaded?", error),
        NpgsqlException driver when IsAboutTls(driver) => new CoordinationConfigurationException(
            $"The server at {settings.Description} and we do not agree on TLS: {driver.Message} Enable TLS on the server, or change sslmode in BackendUrl.", error),
        NpgsqlException driver => new CoordinationUnavailableException($"The connection to {settings.Description} failed: {driver.Message}", error),
        ObjectDisposedException or InvalidOperationException or IOException => new CoordinationUnavailableException(
            $"The connection to {settings.Description} is over: {error.Message}", error),
        _ => new CoordinationUnavailableException($"The backend at {settings.Description} failed: {error.Message}", error),
    };

    /// <summary>Whether the session, and all its locks, ended with an error.</summary>
    public static bool EndsSession(string state) => state[..2] is "08" or "53" or "57" or "58" or "XX" or "25";

    private static CoordinationException FromServer(PostgresException error, PostgresSettings settings)
    {
        var said = $"{error.SqlState}: {error.MessageText}";
        return error.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new CoordinationConfigurationException(
                $"The server at {settings.Description} refused to log us in ({said}). Check user and password in BackendUrl, and the server's pg_hba.conf.", error),
            PostgresErrorCodes.InvalidCatalogName => new CoordinationConfigurationException(
                $"The server at {settings.Description} does not have the database ({said}). Create it, or name another in BackendUrl.", error),
            PostgresErrorCodes.InsufficientPrivilege => new CoordinationConfigurationException(
                $"The role has not the rights it needs at {settings.Description} ({said}). Grant them (docs/operations.md lists the least), or use another role.", error),
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.InvalidSchemaName => new CoordinationConfigurationException(
                $"Tables or functions of schema '{settings.Schema}' at {settings.Description} are missing or of another version ({said}). Set CreateSchema = true, or apply the scripts.", error),
            PostgresErrorCodes.ReadOnlySqlTransaction => new CoordinationConfigurationException(
                $"The server at {settings.Description} takes no writes ({said}): it is a standby, or set to read only. Give BackendUrl the address of the primary.", error),
            PostgresErrorCodes.TooManyConnections => new CoordinationUnavailableException(
                $"The server at {settings.Description} has no connection left ({said}). Raise max_connections, or use fewer elsewhere.", error),
            _ => new CoordinationUnavailableException($"The server at {settings.Description} ended the session or refused it ({said}).", error),
        };
    }

    private static bool IsAboutTls(NpgsqlException error) =>
        error.Message.Contains("SSL", StringComparison.OrdinalIgnoreCase) || error.InnerException is System.Security.Authentication.AuthenticationException;
}
