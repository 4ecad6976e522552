namespace Coordination.Backends.Files;

/// <summary>What a session's thread has to do. While it is busy the next batch gathers here.</summary>
internal sealed class SessionInbox(TimeProvider time)
{
    private readonly object _gate = new();
    private readonly SpinPolicy _spin = SpinPolicy.ForThisMachine();
    private List<LockCommand> _releases = [];
    private List<LockCommand> _tries = [];
    private List<FolderCall> _calls = [];
    private volatile bool _hasWork;
    private bool _idle;
    private bool _closed;

    /// <summary>Adds commands that go together; those that come after the end are dropped, because their keys were lost with the session.</summary>
    public void Post(params ReadOnlySpan<LockCommand> commands)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            foreach (var command in commands)
            {
                (command.IsRelease ? _releases : _tries).Add(command);
            }

            WakeUnderGate();
        }
    }

    /// <summary>Adds a call; one that comes after the end fails.</summary>
    public void Post(FolderCall call)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _calls.Add(call);
                WakeUnderGate();
                return;
            }
        }

        call.Fail(Over());
    }

    /// <summary>Waits for work.</summary>
    /// <param name="commands">Filled with lock commands, releases first: what is given back may be asked for behind them.</param>
    /// <param name="calls">Filled with calls.</param>
    /// <param name="patience">The longest wait.</param>
    /// <returns>False when the session is to end.</returns>
    public bool Take(List<LockCommand> commands, List<FolderCall> calls, TimeSpan patience)
    {
        if (!_hasWork && patience > TimeSpan.Zero)
        {
            Await(patience);
        }

        lock (_gate)
        {
            commands.AddRange(_releases);
            commands.AddRange(_tries);
            calls.AddRange(_calls);
            _releases.Clear();
            _tries.Clear();
            _calls.Clear();
            _hasWork = _closed;
            return !_closed;
        }
    }

    /// <summary>No more work is taken or given out; calls that wait fail.</summary>
    public void Close()
    {
        List<FolderCall> left;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            (left, _calls, _releases, _tries) = (_calls, [], [], []);
            _closed = true;
            WakeUnderGate();
        }

        left.ForEach(call => call.Fail(Over()));
    }

    public static CoordinationUnavailableException Over() => new("The session with the folder is over; a new one is being opened. Try again.");

    private void Await(TimeSpan patience)
    {
        var since = time.GetTimestamp();
        if (_spin.IsWorthIt)
        {
            for (var spinner = default(SpinWait); !_hasWork && time.GetElapsedTime(since) < SpinPolicy.Longest;)
            {
                spinner.SpinOnce(sleep1Threshold: -1);
            }
        }

        lock (_gate)
        {
            if (!_hasWork)
            {
                _idle = true;
                Monitor.Wait(_gate, patience);
                _idle = false;
            }
        }

        _spin.Learn(time.GetElapsedTime(since));
    }

    private void WakeUnderGate()
    {
        _hasWork = true;
        if (_idle)
        {
            Monitor.Pulse(_gate);
        }
    }
}
