using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>
/// Whether a server lets somebody in now. The process that does so is the one that ends all sessions when the server shuts down, and it does one
/// thing at a time: whoever gets in knows that no shutdown had begun when it asked.
/// </summary>
/// <remarks>Where a pooler answers in the server's place with a session that it has already, this proves nothing, and does no harm.</remarks>
internal static class ServingProof
{
    /// <summary>Who asks has a group locked meanwhile, and those who want to join wait for that a second.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(750);

    /// <param name="connectionString">Of one server only: another that serves proves nothing of this one.</param>
    public static bool Holds(string connectionString)
    {
        // On a thread of its own: the name of a host is looked up without any limit, and the pool of threads may be exhausted.
        var isServing = false;
        var asking = new Thread(() => Volatile.Write(ref isServing, Ask(connectionString))) { IsBackground = true, Name = "coordination serving proof" };
        asking.UnsafeStart();
        return asking.Join(Limit) && Volatile.Read(ref isServing);
    }

    private static bool Ask(string connectionString)
    {
        try
        {
            var source = SharedSources.Rent(connectionString);
            try
            {
                using var connection = source.OpenConnection();
                return true;
            }
            finally
            {
                SharedSources.Return(connectionString);
            }
        }
        catch (PostgresException e)
        {
            // Refused for another reason, such as that all places are taken: it was a server in service that looked. A pooler says 08 where it finds none.
            return e.SqlState is not (PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown)
                && !e.SqlState.StartsWith("08", StringComparison.Ordinal);
        }
        catch (Exception)
        {
            return false; // no answer, no name, no certificate, no handle left: whatever it is, it is no proof
        }
    }
}
