using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Proves that a server's locks mean something, before anything of ours is written to it.</summary>
internal static class ServerProof
{
    private const int OldestVersion = 140000;

    /// <exception cref="CoordinationConfigurationException">They do not; the message says why and what to do.</exception>
    public static void Check(NpgsqlConnection connection, PostgresSettings settings)
    {
        var row = connection.QuerySingle<ProofRow>(Sql.Proof);
        if (FindFault(row, connection.ProcessID, settings.Description) is { } fault)
        {
            throw new CoordinationConfigurationException(fault);
        }
    }

    /// <summary>The first thing that is wrong, or null. Pure.</summary>
    public static string? FindFault(ProofRow row, int connectedTo, string where) => row switch
    {
        { Version: < OldestVersion } =>
            $"The server at {where} is PostgreSQL {row.VersionText}; 14 or later is needed. Upgrade it, or use another.",
        _ when row.ProcessId != connectedTo =>
            $"Between us and the server at {where} there is a connection pooler (we were connected to process {connectedTo}, the server answers as {row.ProcessId}). " +
            "Locks belong to a server session, and a pooler hands sessions around. Give BackendUrl the address of the server itself.",
        { IsInRecovery: true } =>
            $"The server at {where} is a standby (in recovery). Its locks prove nothing to those who use the primary. Give BackendUrl the address of the primary, or list all hosts.",
        _ => null,
    };
}
