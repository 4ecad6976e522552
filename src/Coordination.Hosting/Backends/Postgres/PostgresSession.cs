using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>
/// One connection and the one thread that uses it, with synchronous I/O: a starved thread pool delays neither beats nor locks,
/// and nobody's cancellation can reach the connection.
/// </summary>
/// <remarks>
/// Everything on it is non-blocking for the server: tries, unlocks, beats, reads. Waiting is done on other connections
/// (<see cref="WaiterPool"/>). A stall is found by the lease's deadline from outside; the thread may then still hang in its
/// read and is left behind: the connection's own time limit ends it.
/// </remarks>
internal sealed class PostgresSession : IBackendSession
{
    private readonly PostgresPlace _place;
    private readonly MemberProfile _profile;
    private readonly ISessionEvents _events;
    private readonly CommandQueue _queue;
    private readonly BeatSchedule _schedule;
    private readonly PendingSession<PostgresSession> _pending = new();
    private readonly WaiterPool _waiters;
    private readonly CarriedCall _carried = new();
    private volatile bool _givenUp;
    private OpenedGroup _opened = new(new WitnessId(0, 0, 0), 0, new GroupSnapshot(default, []));

    private PostgresSession(PostgresPlace place, MemberProfile profile, ISessionEvents events)
    {
        _place = place;
        _profile = profile;
        _events = events;
        _schedule = new BeatSchedule(place.Time, profile);
        _queue = new CommandQueue(place.Time, SpinPolicy.ForThisMachine());
        _waiters = new WaiterPool(new WaiterContext(place, profile, events, this));
    }

    /// <inheritdoc/>
    public long MemberNumber => _opened.Witness.Member;

    /// <inheritdoc/>
    public int ProcessId => Backend.Pid;

    /// <inheritdoc/>
    public int MostLocks { get; private set; }

    /// <inheritdoc/>
    public GroupSnapshot Opening => _opened.Group;

    /// <inheritdoc/>
    public Moment OpenedAt { get; private set; }

    /// <summary>Which backend of which start of the server serves it.</summary>
    public BackendIdentity Backend { get; private set; }

    /// <summary>The history of the database, for tokens: it holds for the session's life.</summary>
    public long Epoch => _opened.Epoch;

    /// <summary>Which server it is on, as <see cref="Sql.ServerIdentity"/> says it.</summary>
    public string Server { get; private set; } = string.Empty;

    /// <summary>Who speaks when its watcher asks for a verdict.</summary>
    public WitnessId Witness => _opened.Witness;

    /// <summary>Whether it is over.</summary>
    public bool IsOver => _givenUp;

    /// <summary>Opens a session on a thread of its own.</summary>
    /// <param name="place">The server.</param>
    /// <param name="profile">Who we are.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="enter">How to enter the group; null: the group has gone on without us.</param>
    /// <param name="cancellationToken">Gives up; what the thread has asked of the group by then is undone first.</param>
    public static async Task<PostgresSession?> OpenAsync(
        PostgresPlace place, MemberProfile profile, ISessionEvents events, Func<GroupStatements, OpenedGroup?> enter, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var session = new PostgresSession(place, profile, events);
        new Thread(() => session.Run(enter)) { IsBackground = true, Name = $"coordination {profile.Group}" }.UnsafeStart();
        return await session._pending.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Post(LockCommand command) => _queue.Post(command);

    /// <inheritdoc/>
    public void Post(IReadOnlyList<LockCommand> commands) => _queue.Post(commands);

    /// <inheritdoc/>
    public Task<LockGrant?> WaitAsync(LockKey key, LockMode mode, CancellationToken cancellationToken)
    {
        var request = new KeyRequest(key, mode, cancellationToken);
        _waiters.Enqueue(request);
        return request.Answer;
    }

    /// <inheritdoc/>
    public Task<BeatAnswer> BeatAsync() => CallAsync(Beat);

    /// <inheritdoc/>
    public Task<GroupSnapshot> ReadGroupAsync() => CallAsync(static statements => statements.ReadGroup());

    /// <inheritdoc/>
    public Task<IReadOnlyList<ViewChanges>?> ReadChangesAsync(ViewNumber after) => CallAsync(statements => statements.ReadChanges(after));

    /// <inheritdoc/>
    public Task<long?> TryExtendAsync(LockKey key) => CallAsync(statements => statements.Extend(key));

    /// <inheritdoc/>
    public Task<int> CheckPlacesAsync(LockKey key, IReadOnlyList<LockKey> places) => CallAsync(statements => statements.Places.Check(key, places));

    /// <inheritdoc/>
    public Task<PlaceGrant?> TakePlaceAsync(LockKey key, IReadOnlyList<LockKey> places) => CallAsync(statements => statements.Places.Take(key, places));

    /// <inheritdoc/>
    public Task<PlaceGrant?> WaitForPlaceAsync(LockKey key, Func<IReadOnlyList<LockKey>> places, CancellationToken cancellationToken)
    {
        var request = new PlaceRequest(key, places, cancellationToken);
        _waiters.Enqueue(request);
        return request.Answer;
    }

    /// <inheritdoc/>
    public Task ShowAsync(IReadOnlyList<LockNote> shown, IReadOnlyList<long> gone) => DoAsync(statements => statements.Board.Show(shown, gone));

    /// <inheritdoc/>
    public Task TellLostAsync(IReadOnlyList<LostNote> lost) => DoAsync(statements => statements.Board.TellLost(lost));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ShownLock>> ReadShownAsync(bool onlyDeadlocks) => CallAsync(statements => statements.Board.ReadShown(onlyDeadlocks));

    /// <inheritdoc/>
    public Task<LockInspection> InspectAsync(LockKey key) => CallAsync(statements => statements.Board.Inspect(key));

    /// <inheritdoc/>
    public Task UpdateAsync(Uri? url, IReadOnlyDictionary<string, string> metadata) => DoAsync(statements => statements.Update(url, metadata));

    /// <inheritdoc/>
    public Task MarkLeavingAsync() => DoAsync(static statements => statements.MarkLeaving());

    /// <inheritdoc/>
    public async Task LeaveAsync()
    {
        // The locks first, so that whoever sees us gone finds them free: those on connections of their own here, the session's with it.
        await _waiters.DropKeptAsync().ConfigureAwait(false);
        await Farewell.SayAsync(
            () => DoAsync(statements =>
            {
                statements.Leave();
                GiveUp();
            }),
            _place.Logger,
            _profile.Group).ConfigureAwait(false);
        await _pending.Over.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GiveUp();
        _carried.Drop();
        return ValueTask.CompletedTask;
    }

    private void GiveUp()
    {
        _givenUp = true;
        _queue.Close();
        _waiters.Close();
    }

    private Task DoAsync(Action<GroupStatements> work) => CallAsync(statements =>
    {
        work(statements);
        return true;
    });

    private Task<T> CallAsync<T>(Func<GroupStatements, T> work)
    {
        var query = new SessionQuery<T>(work);
        _queue.Post(query);
        return query.Answer;
    }

    private void Run(Func<GroupStatements, OpenedGroup?> enter)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = _place.Connector.OpenSession(_profile);
            var statements = new GroupStatements(connection, _place.Settings, _profile);
            (Backend, MostLocks, Server) = SessionCheck.Run(connection, _place, statements);
            if (Enter(statements, enter) is { } opened)
            {
                Serve(connection, statements, opened);
            }
        }
        catch (Exception e)
        {
            Fail(PostgresErrors.Translate(e, _place.Settings));
        }
        finally
        {
            GiveUp();
            _carried.Drop(); // a beat or a batch that went before it may have failed: nobody else would ever answer it

            // Only now, after whoever holds something has been told: the server frees the locks with the connection.
            Close(connection);
            _place.Connector.DropSecond(); // of a session that nobody has been given
            _pending.End();
        }
    }

    private static void Close(NpgsqlConnection? connection)
    {
        try
        {
            connection?.Dispose();
        }
        catch (NpgsqlException)
        {
            // It is broken anyway; the server has seen or will see that.
        }
    }

    /// <summary>Enters the group; null when that was not to be, or when nobody waits for it any more.</summary>
    private OpenedGroup? Enter(GroupStatements statements, Func<GroupStatements, OpenedGroup?> enter)
    {
        if (!_pending.TryEnter(leavesTrace: !_profile.Observe))
        {
            return null;
        }

        OpenedAt = Moment.Now(_place.Time);
        if (enter(statements) is not { } opened)
        {
            _pending.TryGive(null);
            return null;
        }

        _opened = opened;
        _schedule.Answered(OpenedAt, isStamped: true, opened.Group.View);
        if (_pending.TryGive(this))
        {
            return opened;
        }

        Farewell.TakeBack(statements.Leave, () => OpenedAt.Elapsed(_place.Time) < _profile.LeaseTime, _place, _profile.Group);
        return null;
    }

    private void Serve(NpgsqlConnection connection, GroupStatements statements, OpenedGroup opened)
    {
        using var pump = new CommandPump(connection, _place.Settings.Schema, opened.Epoch, _place.Telemetry);
        List<LockCommand> batch = new(CommandQueue.MostInBatch);
        while (_queue.Take(batch, _schedule.Remaining, out var call))
        {
            _carried.Take(call);

            // A beat that is due goes before everything else: under load there is always a next batch.
            if (_schedule.Remaining <= TimeSpan.Zero)
            {
                Beat(statements);
            }

            if (batch.Count > 0)
            {
                pump.Execute(batch);
                batch.Clear();
            }

            _carried.Carry(statements, _place.Settings, () => _givenUp);
        }
    }

    private BeatAnswer Beat(GroupStatements statements)
    {
        var sentAt = Moment.Now(_place.Time);
        var answer = statements.Beat(_schedule.IsStampDue, mayJudge: !_givenUp, out var isStamped);
        var renewedAt = _schedule.Answered(sentAt, isStamped, answer.View);
        UnwrittenHeartbeat.TellIfNeeded(_schedule, _place, _profile);
        if (!_givenUp)
        {
            _events.Beaten(this, renewedAt, answer);
        }

        return answer;
    }

    private void Fail(CoordinationException cause)
    {
        // Before anybody has the session, its opener hears of it; after, its owner; after it was given up, nobody.
        if (!_pending.TryFail(cause) && !_givenUp)
        {
            _events.Ended(this, cause);
        }
    }
}
