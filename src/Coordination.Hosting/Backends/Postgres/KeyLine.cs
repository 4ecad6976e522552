using Coordination.Diagnostics;

namespace Coordination.Backends.Postgres;

/// <summary>Stands in line for one key, on the thread of a waiter connection.</summary>
/// <remarks>
/// What it wins the connection keeps until the lock is given back, if other connections are left for other keys. Else it hands the key
/// to the session and is free again: it lets go of the key for the session to take, still holding the turnstile. Nobody who waits can
/// come between; somebody who just tries may, and then it waits on as the first in line.
/// </remarks>
internal sealed class KeyLine(WaiterConnection connection, KeyRequest request)
{
    private readonly WaiterContext _context = connection.Context;
    private readonly WaiterPool _pool = connection.Pool;

    public void Wait()
    {
        var turn = default(Turn);
        while (!request.IsCancelled && !_pool.IsClosed)
        {
            var keeps = _pool.TryReserve();
            var askedAt = Moment.Now(_context.Place.Time);
            try
            {
                turn = connection.Link.Wait(request, turn.IsFirst, keeps, connection.Slice);
                if (turn.Kept is { } kept)
                {
                    Keep(Fence.TokenOf(_context.Session.Epoch, kept), askedAt);
                    return;
                }
            }
            finally
            {
                _pool.EndReservation(keeps);
            }

            if (turn.HasKey && connection.HandOver(request.Key, request.Mode, request) is { } token)
            {
                request.Finish(new LockGrant(token));
                connection.Link.Unlock(request.Turnstile);
                return;
            }

            // Asked again: by now another connection may have been opened for those that were waiting for one.
            if (!turn.HasKey && _pool.Pending > 0)
            {
                Leave(turn);
                _pool.PutBack(request);
                return;
            }
        }

        Leave(turn);
        request.FinishWithNothing();
    }

    private void Leave(Turn turn)
    {
        if (turn.IsFirst)
        {
            connection.Link.Unlock(request.Turnstile);
        }
    }

    /// <summary>Keeps the key on this connection until it is given back or lost.</summary>
    private void Keep(long token, Moment wonAt)
    {
        var kept = new KeptLock(_context.Place.Time, connection.Spin, wonAt);
        try
        {
            _pool.Keeps(kept);
            request.Finish(new LockGrant(token, kept));
            var release = kept.Serve(_context.LongestSilence, connection.Link.Pulse);
            if (release is null && !_pool.IsClosed)
            {
                connection.Close(); // nobody believes in it any more: the server frees the lock with the connection
                return;
            }

            connection.Link.Unlock(request.Key, request.Mode);
            kept.End();

            // Whoever waits for the key here asks for it again while this is answered: this connection is as good as free for it.
            connection.Return();
            release?.Complete(1);
        }
        catch (Exception e)
        {
            Lose(kept, e);
        }
        finally
        {
            _pool.KeepsNoMore(kept);
        }
    }

    private void Lose(KeptLock kept, Exception e)
    {
        var cause = PostgresErrors.Translate(e, _context.Place.Settings);
        kept.End();
        Log.WaiterLost(_context.Place.Logger, cause.Message);
        if (!_pool.IsClosed)
        {
            _context.Events.HomeEnded(_context.Session, kept, cause);
        }

        // Only now: the server may think that the connection is whole, and frees the lock when it goes.
        connection.Close();
    }
}
