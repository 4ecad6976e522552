namespace Coordination.Backends.Postgres;

/// <summary>
/// What the session's thread has to do. While it is busy with one batch the next one gathers here: load makes batches bigger
/// and not queues longer.
/// </summary>
internal sealed class CommandQueue(TimeProvider time, SpinPolicy spin)
{
    /// <summary>The most keys in one statement.</summary>
    public const int MostInBatch = 500;

    private readonly Lock _gate = new();
    private readonly WorkSignal _work = new(time, spin);
    private readonly FollowPolicy _follow = new(spin.IsAllowed);
    private readonly Queue<LockCommand> _releases = [];
    private readonly Queue<LockCommand> _tries = [];
    private readonly Queue<SessionCall> _calls = [];
    private volatile bool _hasCall;
    private volatile int _gathered;
    private volatile bool _isAlone;
    private LockKey? _sentAlone;
    private int _lastBatch;
    private bool _closed;

    /// <summary>Adds a lock command; one that comes after the end is dropped, because its key was lost with the session.</summary>
    public void Post(LockCommand command)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            Enqueue(command);
            _work.IsSet = true;
        }

        _work.Wake();
    }

    /// <summary>Adds several at once, so that they go together.</summary>
    public void Post(IReadOnlyList<LockCommand> commands)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            foreach (var command in commands)
            {
                Enqueue(command);
            }

            _work.IsSet = true;
        }

        _work.Wake();
    }

    /// <summary>Adds a call; one that comes after the end fails.</summary>
    public void Post(SessionCall call)
    {
        bool isTaken;
        lock (_gate)
        {
            isTaken = !_closed;
            if (isTaken)
            {
                _calls.Enqueue(call);
                _hasCall = true;
                _work.IsSet = true;
            }
        }

        if (isTaken)
        {
            _work.Wake();
        }
        else
        {
            call.Fail(Over());
        }
    }

    /// <summary>
    /// Work is about to come: the thread wakes now and stays awake for a moment, so that whoever waits for that work in another
    /// process does not wait for the waking as well.
    /// </summary>
    public void Expect() => _work.Expect();

    /// <summary>Waits for work.</summary>
    /// <param name="batch">Filled with the lock commands of the next batch, releases first: what is given back may be asked for behind them.</param>
    /// <param name="patience">The longest wait.</param>
    /// <param name="call">The next call, if any.</param>
    /// <returns>False when the session is to end.</returns>
    public bool Take(List<LockCommand> batch, TimeSpan patience, out SessionCall? call)
    {
        var wasBusy = _work.IsSet;
        if (patience > TimeSpan.Zero)
        {
            if (!wasBusy)
            {
                _work.Await(patience);
            }

            Gather(); // but a beat that is due waits for nobody
        }

        lock (_gate)
        {
            Move(_releases, batch);
            Move(_tries, batch);
            _calls.TryDequeue(out call);
            _lastBatch = batch.Count;
            _isAlone = false;
            LearnUnderGate(batch, wasBusy);
            _gathered = _releases.Count + _tries.Count;
            _hasCall = _calls.Count > 0;
            _work.IsSet = _closed || _hasCall || _gathered > 0;
            return !_closed;
        }
    }

    /// <summary>No more work is taken or given out; calls that wait fail.</summary>
    public void Close()
    {
        SessionCall[] left;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            left = [.. _calls];
            _calls.Clear();
            _releases.Clear();
            _tries.Clear();
            _gathered = 0;
            _work.IsSet = true;
        }

        _work.Wake();

        foreach (var call in left)
        {
            call.Fail(Over());
        }
    }

    public static CoordinationUnavailableException Over() => new("The session with the database is over; a new one is being opened. Try again.");

    private static void Move(Queue<LockCommand> from, List<LockCommand> to)
    {
        while (to.Count < MostInBatch && from.TryDequeue(out var command))
        {
            to.Add(command);
        }
    }

    /// <summary>A try that came while the release before it was on its way alone could have gone along.</summary>
    private void LearnUnderGate(List<LockCommand> batch, bool wasBusy)
    {
        if (_sentAlone is { } key)
        {
            _follow.Learn(wasBusy && batch is [{ IsRelease: false } first, ..] && first.Key == key);
            _sentAlone = null;
        }

        if (batch is [{ IsPosted: true } release])
        {
            if (_follow.IsWorthIt)
            {
                _follow.Learn(isFollowed: false); // held back for nobody
            }
            else
            {
                _sentAlone = release.Key;
            }
        }
        else if (batch is [{ IsPosted: true } left, { IsRelease: false } again] && left.Key == again.Key)
        {
            _follow.Learn(isFollowed: true);
        }
    }

    /// <summary>Lets the callers who have just had their answers come back with their next commands.</summary>
    private void Gather()
    {
        var clock = TimeProvider.System; // the processor's time is meant, whatever clock the program has
        var since = clock.GetTimestamp();
        var (grewAt, seen) = (since, 0);
        while (_gathered is var count and > 0 and < MostInBatch && !_hasCall)
        {
            var now = clock.GetTimestamp();
            if (count != seen)
            {
                (grewAt, seen) = (now, count);
            }

            var quiet = clock.GetElapsedTime(grewAt, now);
            if (!BatchFilling.IsWorthWaiting(count, _lastBatch, quiet, clock.GetElapsedTime(since, now)) && !(_isAlone && _follow.IsWorthWaiting(quiet)))
            {
                return;
            }

            Thread.Yield(); // they may need this processor
        }
    }

    private void Enqueue(LockCommand command)
    {
        (command.IsRelease ? _releases : _tries).Enqueue(command);
        _gathered++;
        _isAlone = _gathered == 1 && command.IsPosted;

        // Releases go out no later than the tries that come after them.
        command.IsQueued = true;
    }
}
