using Coordination.Backends;

namespace Coordination.Sessions;

/// <summary>One attempt to have a session.</summary>
internal static class SessionAttempt
{
    /// <summary>Waits for an attempt. One that is given up undoes what it has asked of the group; whoever has no time for that either goes without it.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="hurry">There is no more time. The attempt has been given up before.</param>
    public static async Task<IBackendSession?> EndAsync(Task<IBackendSession?> attempt, CancellationToken hurry)
    {
        await ((Task)attempt).WaitAsync(hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (attempt.IsCompleted)
        {
            return await attempt.ConfigureAwait(false);
        }

        _ = DropAsync(attempt);
        return null;
    }

    /// <summary>It may have been opened in the instant before it was given up.</summary>
    private static async Task DropAsync(Task<IBackendSession?> attempt)
    {
        await ((Task)attempt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (attempt.IsCompletedSuccessfully && await attempt.ConfigureAwait(false) is { } session)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }
}
