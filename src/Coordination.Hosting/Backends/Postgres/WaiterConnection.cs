using Coordination.Diagnostics;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>One connection that stands in the server's queues for this process, and the thread that uses it.</summary>
/// <remarks>
/// It waits in slices of under a second: a wait that blocks longer keeps VACUUM from the whole database and shows up in the
/// server's log. The processes that wait for a key stand in line at its turnstile; the first of them waits for the key itself.
/// What it wins it keeps until the lock is given back, if other connections are left for other keys. Else it hands the key to the
/// session and is free again: it lets go of the key for the session to take, still holding the turnstile. Nobody who waits can
/// come between; somebody who just tries may, and then it waits on as the first in line.
/// </remarks>
internal sealed class WaiterConnection(WaiterContext context, WaiterPool pool)
{
    private static readonly TimeSpan ShortestSlice = TimeSpan.FromMilliseconds(50);

    private readonly SpinPolicy _spin = SpinPolicy.ForThisMachine();
    private NpgsqlConnection? _connection;
    private LockStatement? _unlock;
    private TurnStatement? _turn;
    private NpgsqlCommand? _pulse;
    private bool _hasReturned;

    /// <summary>The thread.</summary>
    public void Run()
    {
        while (pool.Take(_hasReturned) is { } request)
        {
            _hasReturned = false;
            Serve(request);
        }

        Close();
    }

    private void Serve(WaitRequest request)
    {
        var backOff = new BackOff(BackOff.BoundFor(context.Profile.CrashGrace), Random.Shared.NextDouble);
        while (true)
        {
            try
            {
                Open();
                WaitInLine(request);
                return;
            }
            catch (CoordinationConfigurationException e)
            {
                Close();
                request.Fail(e);
                return;
            }
            catch (Exception e)
            {
                // The place in line and whatever was held went with the connection. The session is another matter.
                Close();
                if (pool.IsClosed || request.IsCancelled)
                {
                    request.Finish(null);
                    return;
                }

                Log.WaiterLost(context.Place.Logger, PostgresErrors.Translate(e, context.Place.Settings).Message);
                pool.Rest(backOff.Next());
            }
        }
    }

    private void WaitInLine(WaitRequest request)
    {
        var turn = default(Turn);
        while (!request.IsCancelled && !pool.IsClosed)
        {
            var keeps = pool.TryReserve();
            var askedAt = Moment.Now(context.Place.Time);
            try
            {
                turn = _turn!.Wait(request, turn.IsFirst, keeps, Slice(pool.Pending));
                if (turn.Kept is { } kept)
                {
                    Keep(request, Fence.TokenOf(context.Session.Epoch, kept), askedAt);
                    return;
                }
            }
            finally
            {
                pool.EndReservation(keeps);
            }

            if (turn.HasKey && HandOver(request) is { } token)
            {
                request.Finish(new LockGrant(token));
                Unlock(request.Turnstile, LockMode.Exclusive);
                return;
            }

            // Asked again: by now another connection may have been opened for those that were waiting for one.
            if (!turn.HasKey && pool.Pending > 0)
            {
                LeaveLine(request, turn);
                pool.PutBack(request);
                return;
            }
        }

        LeaveLine(request, turn);
        request.Finish(null);
    }

    /// <summary>Keeps the key on this connection until it is given back or lost.</summary>
    private void Keep(WaitRequest request, long token, Moment wonAt)
    {
        var kept = new KeptLock(context.Place.Time, _spin, wonAt);
        try
        {
            pool.Keeps(kept);
            request.Finish(new LockGrant(token, kept));
            var release = kept.Serve(context.LongestSilence, Pulse);
            if (release is null && !pool.IsClosed)
            {
                Close(); // nobody believes in it any more: the server frees the lock with the connection
                return;
            }

            Unlock(request.Key, request.Mode);
            kept.End();

            // Whoever waits for the key here asks for it again while this is answered: this connection is as good as free for it.
            pool.Returning();
            _hasReturned = true;
            release?.Complete(1);
        }
        catch (Exception e)
        {
            Lose(kept, e);
        }
        finally
        {
            pool.KeepsNoMore(kept);
        }
    }

    private void Lose(KeptLock kept, Exception e)
    {
        var cause = PostgresErrors.Translate(e, context.Place.Settings);
        kept.End();
        Log.WaiterLost(context.Place.Logger, cause.Message);
        if (!pool.IsClosed)
        {
            context.Events.HomeEnded(context.Session, kept, cause);
        }

        // Only now: the server may think that the connection is whole, and frees the lock when it goes.
        Close();
    }

    /// <summary>Lets go of the key and has the session take it; null when somebody who only tried was quicker, or nobody wants it any more.</summary>
    private long? HandOver(WaitRequest request)
    {
        Unlock(request.Key, request.Mode);
        if (request.IsCancelled)
        {
            return null;
        }

        var command = new HandOverCommand(request.Key, request.Mode);
        context.Session.Post(command);
        return command.Await(() => pool.IsClosed);
    }

    private void LeaveLine(WaitRequest request, Turn turn)
    {
        if (turn.IsFirst)
        {
            Unlock(request.Turnstile, LockMode.Exclusive);
        }
    }

    private void Unlock(LockKey key, LockMode mode)
    {
        List<long?> results = [];
        _unlock!.Add(key, mode, isRelease: true);
        _unlock.Execute(results);
        if (results is not [1])
        {
            throw new CoordinationUnavailableException("The server did not know a lock that a waiter connection holds; the connection is given up.");
        }
    }

    private void Pulse()
    {
        if (_pulse!.ExecuteScalar() is not true)
        {
            throw new CoordinationUnavailableException("The server has become a standby, whose locks prove nothing.");
        }
    }

    /// <summary>With many keys and few connections the turns are short, so that everybody's comes soon.</summary>
    private TimeSpan Slice(int pending)
    {
        var connections = context.Place.Settings.MaxWaiterConnections;
        var shared = _turn!.LongestSlice * connections / (connections + pending);
        return shared > ShortestSlice ? shared : ShortestSlice;
    }

    private void Open()
    {
        if (_connection is null)
        {
            _connection = context.Place.Connector.OpenWaiter(context.Profile);
            _unlock = new LockStatement(_connection, context.Place.Settings.Schema);
            _turn = new TurnStatement(_connection, context.Place.Settings.Schema);
            _pulse = new NpgsqlCommand(LockSql.Pulse, _connection);
            _pulse.Prepare();
        }
    }

    private void Close()
    {
        try
        {
            _pulse?.Dispose();
            _turn?.Dispose();
            _unlock?.Dispose();
            _connection?.Dispose();
        }
        catch (NpgsqlException)
        {
            // It is broken anyway; the server has seen or will see that.
        }

        (_pulse, _turn, _unlock, _connection) = (null, null, null, null);
    }
}
