using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Whether the synchronous standby has confirmed what a durable heartbeat wrote.</summary>
/// <remarks>
/// A commit that waits for the standby cannot fail any more: when its wait is cancelled, the server reports success, with a warning
/// that what was committed may not be there. For us that is no heartbeat. The warning's text is in the server's language and its code says
/// nothing, so that any warning counts; no statement of ours has another.
/// </remarks>
internal sealed class StandbyConfirmation
{
    private string? _warning;

    public StandbyConfirmation(NpgsqlConnection connection) => connection.Notice += (_, told) =>
    {
        if (told.Notice.InvariantSeverity is "WARNING")
        {
            _warning = told.Notice.MessageText;
        }
    };

    /// <summary>Refuses a server that has no synchronous standby: nothing would ever wait.</summary>
    public static void Require(NpgsqlConnection connection, PostgresSettings settings)
    {
        if (connection.ExecuteScalar<string>(Sql.SynchronousStandbys) is null or "")
        {
            throw new CoordinationConfigurationException(
                $"HeartbeatMode is Durable, and {settings.Description} has no synchronous standby (synchronous_standby_names is empty), so no heartbeat would wait for one. " +
                "Name one there, or choose another HeartbeatMode.");
        }
    }

    /// <summary>To be asked once the answer has been read to its end: the warning comes behind the rows.</summary>
    /// <exception cref="CoordinationUnavailableException">The wait was cancelled.</exception>
    public void Check()
    {
        if (_warning is { } warning)
        {
            throw new CoordinationUnavailableException($"A heartbeat was not confirmed by the synchronous standby: {warning}. Look at the standby and at whoever cancelled the wait.");
        }
    }
}
