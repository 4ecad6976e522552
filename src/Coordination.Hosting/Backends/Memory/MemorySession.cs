namespace Coordination.Backends.Memory;

/// <summary>A process's end of a session with a <see cref="MemoryServer"/>: sends the beats and the requests, and tells the owner.</summary>
/// <remarks>
/// The server's answer is there as soon as a request is made; what a silenced or ended session asks is answered when the session
/// is over, with an error. Beats are sent by a timer, and out of turn when the server hints at a new view, so that views travel at once.
/// </remarks>
internal sealed class MemorySession : IBackendSession
{
    private readonly MemoryServer _server;
    private readonly ServerSession _remote;
    private readonly ISessionEvents _events;
    private readonly ITimer _beats;
    private readonly ITimer _lease;

    public MemorySession(MemoryServer server, ServerSession remote, ISessionEvents events)
    {
        _server = server;
        _remote = remote;
        _events = events;
        remote.Hinted = AnswerHint;
        remote.Ended = End;

        _beats = DetachedTimer.Create(remote.Time, Beat, Timeout.InfiniteTimeSpan);
        _lease = DetachedTimer.Create(remote.Time, WatchLease, Timeout.InfiniteTimeSpan);
        OpenedAt = Moment.Now(remote.Time);
    }

    /// <inheritdoc/>
    public long MemberNumber => _remote.Member?.Number ?? 0;

    /// <inheritdoc/>
    public int ProcessId => _remote.ProcessId;

    /// <inheritdoc/>
    public int MostLocks => int.MaxValue;

    /// <inheritdoc/>
    public GroupSnapshot Opening { get; private set; } = new(default, []);

    /// <inheritdoc/>
    public Moment OpenedAt { get; }

    /// <inheritdoc cref="MemoryRoster.Join"/>
    public void Join()
    {
        try
        {
            Opening = _server.Join(_remote);
            Start();
        }
        catch (CoordinationException)
        {
            StopTimers();
            throw;
        }
    }

    /// <summary>Opens the session as that of a member which is in the group already.</summary>
    /// <returns>False when the group has gone on without it; then there is no session.</returns>
    public bool TryAttach(long memberNumber, ViewNumber seen)
    {
        if (_server.Attach(_remote, memberNumber, seen) is not { } opening)
        {
            StopTimers();
            return false;
        }

        Opening = opening;
        Start();
        return true;
    }

    /// <inheritdoc/>
    public void Post(LockCommand command) => _server.Run(_remote, command);

    /// <inheritdoc/>
    public async Task<LockGrant?> WaitAsync(LockKey key, LockMode mode, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        if (_server.Wait(_remote, key, mode) is not { } waiter)
        {
            return await AwaitEndAsync(cancellationToken).ConfigureAwait(false);
        }

        await using (cancellationToken.UnsafeRegister(static (state, _) => ((Withdrawal)state!).Run(), new Withdrawal(_server, waiter)))
        {
            await Task.WhenAny(waiter.Answer, _remote.Over).ConfigureAwait(false);
        }

        // A grant is worth nothing once the session is over: its keys went with it.
        return _remote.Over.IsCompleted
            ? throw Unanswered(await _remote.Over.ConfigureAwait(false))
            : await waiter.Answer.ConfigureAwait(false) is { } token ? new LockGrant(token) : null;
    }

    /// <inheritdoc/>
    public async Task<long?> TryExtendAsync(LockKey key) =>
        _server.TryExtend(_remote, key, out var token) ? token : throw Unanswered(await _remote.Over.ConfigureAwait(false));

    /// <inheritdoc/>
    public Task<int> CheckPlacesAsync(LockKey key, IReadOnlyList<LockKey> places) => AskAsync((taken, _) => taken.Check(key, places));

    /// <inheritdoc/>
    public Task<PlaceGrant?> TakePlaceAsync(LockKey key, IReadOnlyList<LockKey> places) => AskAsync((taken, _) => taken.Take(_remote, key, places));

    /// <inheritdoc/>
    public async Task<PlaceGrant?> WaitForPlaceAsync(LockKey key, Func<IReadOnlyList<LockKey>> places, CancellationToken cancellationToken)
    {
        var waiter = new MemoryPlaceWaiter(_remote, key, places);
        await AskAsync((taken, _) =>
        {
            taken.Wait(waiter);
            return true;
        }).ConfigureAwait(false);
        await using (cancellationToken.UnsafeRegister(static (state, _) => ((Action)state!)(), () => _server.Withdraw(waiter)))
        {
            await Task.WhenAny(waiter.Answer, _remote.Over).ConfigureAwait(false);
        }

        return _remote.Over.IsCompleted
            ? throw Unanswered(await _remote.Over.ConfigureAwait(false))
            : await waiter.Answer.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task ShowAsync(IReadOnlyList<LockNote> shown, IReadOnlyList<long> gone) => AskAsync((_, board) =>
    {
        board.Show(_remote, shown, gone);
        return true;
    });

    /// <inheritdoc/>
    public Task TellLostAsync(IReadOnlyList<LostNote> lost) => AskAsync((_, board) =>
    {
        board.TellLost(_remote, lost);
        return true;
    });

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ShownLock>> ReadShownAsync(bool onlyDeadlocks)
    {
        var shown = await AskAsync((_, board) => board.Read(_remote)).ConfigureAwait(false);
        return onlyDeadlocks ? [.. shown.Where(one => one.Note is { IsWaiting: true, Holds.Count: > 0 })] : shown;
    }

    /// <inheritdoc/>
    public Task<LockInspection> InspectAsync(LockKey key) => AskAsync((_, board) => board.Inspect(key));

    /// <inheritdoc/>
    public async Task<BeatAnswer> BeatAsync()
    {
        var sentAt = Moment.Now(_remote.Time);
        if (_server.Beat(_remote) is not { } answer)
        {
            throw Unanswered(await _remote.Over.ConfigureAwait(false));
        }

        _remote.Callbacks.Call(() => _events.Beaten(this, sentAt, answer), here: false);
        return answer;
    }

    /// <inheritdoc/>
    public Task<GroupSnapshot> ReadGroupAsync() => ReadAsync(group => group.Read());

    /// <inheritdoc/>
    public Task<IReadOnlyList<ViewChanges>?> ReadChangesAsync(ViewNumber after) => ReadAsync(group => group.ReadChanges(after));

    /// <inheritdoc/>
    public Task UpdateAsync(Uri? url, IReadOnlyDictionary<string, string> metadata) =>
        SendAsync(() => _server.Update(_remote, member =>
        {
            member.Describe(url, metadata);
            return true; // a view even when it says nothing new: its sender waits for one
        }));

    /// <inheritdoc/>
    public Task MarkLeavingAsync() => SendAsync(() => _server.Update(_remote, member => member.MarkLeaving()));

    /// <inheritdoc/>
    public async Task LeaveAsync()
    {
        await SendAsync(() => _server.Leave(_remote)).ConfigureAwait(false);
        StopTimers();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        StopTimers();
        _server.Drop(_remote);
        return ValueTask.CompletedTask;
    }

    private static CoordinationUnavailableException Unanswered(Exception cause) => new(cause.Message, cause);

    private void Start()
    {
        var profile = _remote.Profile;
        _beats.Change(profile.HeartbeatInterval, profile.HeartbeatInterval);
        _lease.Change(profile.LeaseTime, Timeout.InfiniteTimeSpan);
    }

    private void StopTimers()
    {
        _beats.Dispose();
        _lease.Dispose();
    }

    private void Beat()
    {
        var sentAt = Moment.Now(_remote.Time);
        if (_server.Beat(_remote) is { } answer)
        {
            _remote.Callbacks.Call(() => _events.Beaten(this, sentAt, answer), here: true);
        }
    }

    /// <summary>Runs in the queue of callbacks.</summary>
    private void AnswerHint()
    {
        var sentAt = Moment.Now(_remote.Time);
        if (_server.Beat(_remote) is { } answer)
        {
            _events.Beaten(this, sentAt, answer);
        }
    }

    private void End(Exception cause)
    {
        StopTimers();
        _events.Ended(this, cause);
    }

    private void WatchLease()
    {
        if (_server.Inspect(_remote) is { } remaining)
        {
            _lease.Change(remaining, Timeout.InfiniteTimeSpan); // Heard meanwhile: look again when that lease would be over.
        }
    }

    private async Task<LockGrant?> AwaitEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            throw Unanswered(await _remote.Over.WaitAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return null; // The server never heard of the request, so the key is not held.
        }
    }

    private async Task<T> ReadAsync<T>(Func<MemoryGroup, T> read) =>
        _server.TryRead(_remote, read, out var answer) ? answer! : throw Unanswered(await _remote.Over.ConfigureAwait(false));

    private async Task<T> AskAsync<T>(Func<MemoryPlaces, MemoryBoard, T> ask) =>
        _server.TryAsk(_remote, ask, out var answer) ? answer! : throw Unanswered(await _remote.Over.ConfigureAwait(false));

    private async Task SendAsync(Func<bool> request)
    {
        if (!request())
        {
            throw Unanswered(await _remote.Over.ConfigureAwait(false));
        }
    }

    private sealed record Withdrawal(MemoryServer Server, MemoryWaiter Waiter)
    {
        public void Run() => Server.Withdraw(Waiter);
    }
}
