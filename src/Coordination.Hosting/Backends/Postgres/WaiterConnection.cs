using Coordination.Diagnostics;

namespace Coordination.Backends.Postgres;

/// <summary>One connection that stands in the server's queues for this process, and the thread that uses it.</summary>
/// <remarks>
/// It waits in slices of under a second: a wait that blocks longer keeps VACUUM from the whole database and shows up in the
/// server's log. The processes that wait for a key stand in line at its turnstile; only the first of them waits for the key itself.
/// What is done with what was won is told in <see cref="KeyLine"/> and <see cref="PlaceLine"/>.
/// </remarks>
internal sealed class WaiterConnection(WaiterContext context, WaiterPool pool)
{
    private static readonly TimeSpan ShortestSlice = TimeSpan.FromMilliseconds(50);

    private readonly SpinPolicy _spin = SpinPolicy.ForThisMachine();
    private WaiterLink? _link;
    private bool _hasReturned;

    public WaiterContext Context => context;

    public WaiterPool Pool => pool;

    public SpinPolicy Spin => _spin;

    /// <summary>The open connection.</summary>
    public WaiterLink Link => _link ??= new WaiterLink(context);

    /// <summary>With many keys and few connections the turns are short, so that everybody's comes soon.</summary>
    public TimeSpan Slice
    {
        get
        {
            var connections = context.Place.Settings.MaxWaiterConnections;
            var shared = Link.LongestSlice * connections / (connections + pool.Pending);
            return shared > ShortestSlice ? shared : ShortestSlice;
        }
    }

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

    /// <summary>It is about to take the next request: what is asked for from now on may count on it.</summary>
    public void Return()
    {
        pool.Returning();
        _hasReturned = true;
    }

    /// <summary>Lets go of a key and has the session take it; null when somebody who only tried was quicker, or nobody wants it any more.</summary>
    public long? HandOver(LockKey key, LockMode mode, WaitRequest request)
    {
        Link.Unlock(key, mode);
        if (request.IsCancelled)
        {
            return null;
        }

        var command = new HandOverCommand(key, mode);
        context.Session.Post(command);
        return command.Await(() => pool.IsClosed);
    }

    /// <summary>Drops the connection, and with it everything it holds.</summary>
    public void Close()
    {
        _link?.Dispose();
        _link = null;
    }

    private void Serve(WaitRequest request)
    {
        var backOff = new BackOff(BackOff.BoundFor(context.Profile.CrashGrace), Random.Shared.NextDouble);
        while (true)
        {
            try
            {
                if (request is KeyRequest key)
                {
                    new KeyLine(this, key).Wait();
                }
                else
                {
                    new PlaceLine(this, (PlaceRequest)request).Wait();
                }

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
                    request.FinishWithNothing();
                    return;
                }

                Log.WaiterLost(context.Place.Logger, PostgresErrors.Translate(e, context.Place.Settings).Message);
                if (request.IsAnswered)
                {
                    return; // it broke behind the grant: whoever waited again would win a key that nobody gives back
                }

                pool.Rest(backOff.Next());
            }
        }
    }
}
