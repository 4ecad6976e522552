using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Proves that what answers is a server on which our locks mean something. Changes nothing.</summary>
internal static class ServerProof
{
    private const int OldestVersion = 140000;

    /// <exception cref="CoordinationConfigurationException">It is not; the message says what to change.</exception>
    public static ServerFacts Check(NpgsqlConnection connection, PostgresSettings settings)
    {
        using var command = new NpgsqlCommand(Sql.ServerFacts, connection);
        using var reader = command.ExecuteReader(); // at the one result: what comes before it has none
        reader.Read();
        var version = reader.GetInt32(0);
        if (version < OldestVersion)
        {
            throw new CoordinationConfigurationException(
                $"{settings.Description} is PostgreSQL {reader.GetString(1)}, which cannot end an idle session by itself. Use version 14 or later.");
        }

        if (reader.GetBoolean(2))
        {
            throw new CoordinationConfigurationException(
                $"{settings.Description} is a standby (pg_is_in_recovery() is true); locks taken there exclude nobody on the primary. " +
                "Give the address of the primary, or all hosts, so that the primary among them is found.");
        }

        // Checked on each session and not once: a pooler may be put in between at any time.
        var isPooled = reader.GetInt32(3) != connection.ProcessID;
        if (isPooled && settings.AllowPooler is AllowPooler.None)
        {
            throw new CoordinationConfigurationException(
                $"{settings.Description} is behind a connection pooler: the process that greeted us ({connection.ProcessID}) is not the one that answers ({reader.GetInt32(3)}). " +
                "A pooler hands our session, and with it our locks, to others. Give the address of the server itself, or, if its pool_mode is session, set AllowPooler = Session.");
        }

        if (reader.GetBoolean(4))
        {
            throw new CoordinationConfigurationException(
                $"default_transaction_read_only is on for this role or database at {settings.Description}; members could not even be written down. " +
                "Turn it off: ALTER ROLE … SET default_transaction_read_only = off (or ALTER DATABASE, or the server's configuration).");
        }

        return new ServerFacts(version / 10000, isPooled, reader.GetInt32(3));
    }
}
