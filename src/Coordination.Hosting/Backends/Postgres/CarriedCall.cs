using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>The call that the session's thread is carrying to the server: whoever waits for its answer must not wait for a network that hangs.</summary>
internal sealed class CarriedCall
{
    private SessionCall? _carried;

    /// <summary>Has it in hand from now on, on the session's thread: what is sent before it may hang or fail, and it is in no queue any more.</summary>
    public void Take(SessionCall? call) => Interlocked.Exchange(ref _carried, call); // a full fence: either Carry sees that the session was given up, or Drop sees what we carry

    /// <summary>Carries what it has in hand, if anything.</summary>
    /// <param name="statements">The session's statements.</param>
    /// <param name="settings">For the words of an error.</param>
    /// <param name="isGivenUp">Whether the session has been given up.</param>
    public void Carry(GroupStatements statements, PostgresSettings settings, Func<bool> isGivenUp)
    {
        if (_carried is not { } call)
        {
            return;
        }

        if (isGivenUp())
        {
            call.Fail(CommandQueue.Over());
            return;
        }

        try
        {
            call.Execute(statements);
            Volatile.Write(ref _carried, null);
        }
        catch (Exception e)
        {
            var cause = PostgresErrors.Translate(e, settings);
            call.Fail(cause);
            if (e is not PostgresException { SqlState: var state } || PostgresErrors.EndsSession(state))
            {
                throw;
            }
        }
    }

    /// <summary>The session was given up, or is over: the thread may hang in its read until the network gives up, and whoever waits for that answer must not.</summary>
    public void Drop()
    {
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _carried)?.Fail(CommandQueue.Over());
    }
}
