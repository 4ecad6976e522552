using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>A goodbye that is said again while somebody keeps the member's row locked. Whoever stops has its own time for that, and ends it by giving the session up.</summary>
internal static class Farewell
{
    /// <param name="say">One attempt: the server tries for half a second, and has given the locks back before.</param>
    /// <param name="logger">Where to tell of it, once.</param>
    /// <param name="group">What is left.</param>
    public static async Task SayAsync(Func<Task> say, ILogger logger, string group)
    {
        for (var isTold = false; ; isTold = true)
        {
            try
            {
                await say().ConfigureAwait(false);
                return;
            }
            catch (CoordinationUnavailableException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
            {
                if (!isTold)
                {
                    Log.LeaveDelayed(logger, group, e.Message);
                }
            }
        }
    }
}
