namespace Coordination.Backends.Postgres;

/// <summary>Stands in line for any place of a lock with several holders, on the thread of a waiter connection. What it wins goes to the session.</summary>
internal sealed class PlaceLine(WaiterConnection connection, PlaceRequest request)
{
    public void Wait()
    {
        var hasTurn = false;
        while (!request.IsCancelled && !connection.Pool.IsClosed)
        {
            var places = request.Places;
            (hasTurn, var place) = connection.Link.WaitForPlace(request, places, hasTurn, connection.Slice);
            if (place is { } won && connection.HandOver(won, LockMode.Exclusive, request) is { } token)
            {
                request.Finish(new PlaceGrant(won, token));
                connection.Link.Unlock(request.Turnstile);
                return;
            }

            if (place is null && connection.Pool.Pending > 0)
            {
                Leave(hasTurn);
                connection.Pool.PutBack(request);
                return;
            }
        }

        Leave(hasTurn);
        request.FinishWithNothing();
    }

    private void Leave(bool hasTurn)
    {
        if (hasTurn)
        {
            connection.Link.Unlock(request.Turnstile);
        }
    }
}
