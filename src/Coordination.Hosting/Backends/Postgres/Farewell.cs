using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>A goodbye that is said again while somebody keeps the member's row locked. Whoever stops has its own time for that, and ends it by giving the session up.</summary>
internal static class Farewell
{
    /// <summary>Takes back a place in the group that nobody waits for any more: a member that nobody beats for would only die slowly in everybody's view.</summary>
    /// <param name="leave">One attempt, on the session's own thread.</param>
    /// <param name="hasTime">Whether there is time for another one.</param>
    /// <param name="place">The server, and where to tell of it.</param>
    /// <param name="group">What is left.</param>
    public static void TakeBack(Action leave, Func<bool> hasTime, PostgresPlace place, string group)
    {
        for (var isTold = false; ; isTold = true)
        {
            try
            {
                leave();
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable && hasTime())
            {
                if (!isTold)
                {
                    Log.LeaveDelayed(place.Logger, group, PostgresErrors.Translate(e, place.Settings).Message);
                }
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
            {
                Log.LeaveFailed(place.Logger, group, PostgresErrors.Translate(e, place.Settings).Message);
                return;
            }
        }
    }

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
