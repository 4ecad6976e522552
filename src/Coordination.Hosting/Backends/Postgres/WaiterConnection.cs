using Coordination.Diagnostics;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>One connection that stands in the server's queues for this process, and the thread that uses it.</summary>
/// <remarks>
/// It waits in slices of under a second: a wait that blocks longer keeps VACUUM from the whole database and shows up in the
/// server's log. What it wins it cannot keep, because the lease belongs to the session. So it first passes the key's turnstile,
/// on which all waiting processes stand in line; then waits for the key itself; and when it is granted, lets go of it for the
/// session to take, still holding the turnstile. Nobody who waits can come between; somebody who just tries may, and then it
/// waits on as the first in line.
/// </remarks>
internal sealed class WaiterConnection(PostgresPlace place, MemberProfile profile, PostgresSession session, WaiterPool pool)
{
    private static readonly TimeSpan ShortestSlice = TimeSpan.FromMilliseconds(50);

    private NpgsqlConnection? _connection;
    private LockStatement? _unlock;
    private TurnStatement? _turn;

    /// <summary>The thread.</summary>
    public void Run()
    {
        while (pool.Take() is { } request)
        {
            Serve(request);
        }

        Close();
    }

    private void Serve(WaitRequest request)
    {
        var backOff = new BackOff(BackOff.BoundFor(profile.CrashGrace), Random.Shared.NextDouble);
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

                Log.WaiterLost(place.Logger, PostgresErrors.Translate(e, place.Settings).Message);
                pool.Rest(backOff.Next());
            }
        }
    }

    private void WaitInLine(WaitRequest request)
    {
        var hasTurn = false;
        while (!request.IsCancelled && !pool.IsClosed)
        {
            var pending = pool.Pending;
            var reached = _turn!.Wait(request, hasTurn, Slice(pending));
            hasTurn = reached is not Turn.Nothing;
            if (reached is Turn.Key && TakeOver(request) is { } token)
            {
                Unlock(request.Turnstile, LockMode.Exclusive);
                request.Finish(token);
                return;
            }

            // Asked again: by now another connection may have been opened for those that were waiting for one.
            if (reached is not Turn.Key && pool.Pending > 0)
            {
                LeaveLine(request, hasTurn);
                pool.PutBack(request);
                return;
            }
        }

        LeaveLine(request, hasTurn);
        request.Finish(null);
    }

    /// <summary>Lets go of the key and has the session take it; null when somebody who only tried was quicker, or nobody wants it any more.</summary>
    private long? TakeOver(WaitRequest request)
    {
        Unlock(request.Key, request.Mode);
        if (request.IsCancelled)
        {
            return null;
        }

        var command = new HandOverCommand(request.Key, request.Mode);
        session.Post(command);
        return command.Await(() => pool.IsClosed);
    }

    private void LeaveLine(WaitRequest request, bool hasTurn)
    {
        if (hasTurn)
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

    /// <summary>With many keys and few connections the turns are short, so that everybody's comes soon.</summary>
    private TimeSpan Slice(int pending)
    {
        var shared = _turn!.LongestSlice * place.Settings.MaxWaiterConnections / (place.Settings.MaxWaiterConnections + pending);
        return shared > ShortestSlice ? shared : ShortestSlice;
    }

    private void Open()
    {
        if (_connection is null)
        {
            _connection = place.Connector.OpenWaiter(profile);
            _unlock = new LockStatement(_connection, place.Settings.Schema);
            _turn = new TurnStatement(_connection, place.Settings.Schema);
        }
    }

    private void Close()
    {
        try
        {
            _turn?.Dispose();
            _unlock?.Dispose();
            _connection?.Dispose();
        }
        catch (NpgsqlException)
        {
            // It is broken anyway; the server has seen or will see that.
        }

        (_turn, _unlock, _connection) = (null, null, null);
    }
}
