namespace Coordination.Backends.Files;

/// <summary>A session with a folder: one thread that carries out commands inside the folder's mutex, beats, looks after waits, and watches the others.</summary>
/// <remarks>
/// A beat is one word in the shared memory, written without the mutex, and the look that the slot is still the session's own. It
/// may renew the lease: whoever takes the slot away has seen a silence longer than the lease, and by then our own clock has ended it.
/// </remarks>
internal sealed class FileSession : IBackendSession
{
    private readonly string _root;
    private readonly TimeProvider _time;
    private readonly MemberProfile _profile;
    private readonly ISessionEvents _events;
    private readonly SessionInbox _inbox;
    private readonly PendingSession<FileSession> _pending = new();
    private FileWorker? _worker;
    private volatile bool _givenUp;

    private FileSession(string root, TimeProvider time, MemberProfile profile, ISessionEvents events)
    {
        (_root, _time, _profile, _events) = (root, time, profile, events);
        _inbox = new SessionInbox(time);
    }

    /// <inheritdoc/>
    public long MemberNumber => _worker!.Session.Member;

    /// <inheritdoc/>
    public int ProcessId => Environment.ProcessId;

    /// <inheritdoc/>
    public int MostLocks => StateMap.MostRecords / 3;

    /// <inheritdoc/>
    public GroupSnapshot Opening { get; private set; } = new(default, []);

    /// <inheritdoc/>
    public Moment OpenedAt { get; private set; }

    /// <summary>Opens a session on a thread of its own.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="profile">Who we are.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="attach">Who we were; null: a new member.</param>
    /// <param name="cancellationToken">Gives up; what the thread has asked of the group by then is undone first.</param>
    /// <returns>Null: the group has gone on without us.</returns>
    public static async Task<FileSession?> OpenAsync(
        string root, TimeProvider time, MemberProfile profile, ISessionEvents events, (long Number, ViewNumber Seen)? attach, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var session = new FileSession(root, time, profile, events);
        new Thread(() => session.Run(attach)) { IsBackground = true, Name = $"coordination {profile.Group}" }.UnsafeStart();
        return await session._pending.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Post(LockCommand command) => _inbox.Post(command);

    /// <inheritdoc/>
    public void Post(IReadOnlyList<LockCommand> commands) => _inbox.Post([.. commands]);

    /// <inheritdoc/>
    public async Task<LockGrant?> WaitAsync(LockKey key, LockMode mode, CancellationToken cancellationToken)
    {
        var wait = new FileKeyWait(key, mode);
        await using var withdrawal = (await StandAsync(wait, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return await wait.Answer.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<long?> TryExtendAsync(LockKey key) => InsideAsync(worker => worker.Roster.Locks.Extend(key));

    /// <inheritdoc/>
    public Task<int> CheckPlacesAsync(LockKey key, IReadOnlyList<LockKey> places) => InsideAsync(worker => worker.CheckPlaces(key, places));

    /// <inheritdoc/>
    public Task<PlaceGrant?> TakePlaceAsync(LockKey key, IReadOnlyList<LockKey> places) => InsideAsync(worker => worker.TakePlace(key, places));

    /// <inheritdoc/>
    public async Task<PlaceGrant?> WaitForPlaceAsync(LockKey key, Func<IReadOnlyList<LockKey>> places, CancellationToken cancellationToken)
    {
        var wait = new FilePlaceWait(key, places, _worker!.HoldersOf(key), _worker.Taken);
        await using var withdrawal = (await StandAsync(wait, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return await wait.Answer.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task ShowAsync(IReadOnlyList<LockNote> shown, IReadOnlyList<long> gone) => CallAsync(isInside: false, worker =>
    {
        worker.Board.Show(worker.Session, _profile, shown, gone);
        return true;
    });

    /// <inheritdoc/>
    public Task TellLostAsync(IReadOnlyList<LostNote> lost) => InsideAsync(worker =>
    {
        worker.Board.TellLost(_profile, lost);
        return true;
    });

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ShownLock>> ReadShownAsync(bool onlyDeadlocks)
    {
        var shown = await CallAsync(isInside: false, worker => worker.Board.Read(worker.Session.Number)).ConfigureAwait(false);
        return onlyDeadlocks ? [.. shown.Where(one => one.Note is { IsWaiting: true, Holds.Count: > 0 })] : shown;
    }

    /// <inheritdoc/>
    public Task<LockInspection> InspectAsync(LockKey key) => InsideAsync(worker => worker.Board.Inspect(key));

    /// <inheritdoc/>
    public Task<BeatAnswer> BeatAsync() => CallAsync(isInside: false, worker => worker.Beat());

    /// <inheritdoc/>
    public Task<GroupSnapshot> ReadGroupAsync() => InsideAsync(worker => worker.Group.Read(worker.Epoch));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ViewChanges>?> ReadChangesAsync(ViewNumber after) => InsideAsync(worker => worker.Group.ReadChanges(worker.Epoch, after));

    /// <inheritdoc/>
    public Task UpdateAsync(Uri? url, IReadOnlyDictionary<string, string> metadata) => InsideAsync(worker =>
    {
        // A view even when it says nothing new: its sender waits for one.
        worker.Roster.Update(worker.Session, entry => entry with { Member = entry.Member with { Url = url, Metadata = metadata } }, always: true);
        return true;
    });

    /// <inheritdoc/>
    public Task MarkLeavingAsync() => InsideAsync(worker =>
    {
        worker.Roster.Update(worker.Session, static entry => entry with { IsLeaving = true }, always: false);
        return true;
    });

    /// <inheritdoc/>
    public async Task LeaveAsync()
    {
        await InsideAsync(worker =>
        {
            worker.Roster.Leave(worker.Session);
            GiveUp();
            return true;
        }).ConfigureAwait(false);
        await _pending.Over.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GiveUp();
        return ValueTask.CompletedTask;
    }

    private void GiveUp()
    {
        _givenUp = true;
        _inbox.Close();
    }

    private Task<T> InsideAsync<T>(Func<FileWorker, T> work) => CallAsync(isInside: true, work);

    private Task<T> CallAsync<T>(bool isInside, Func<FileWorker, T> work)
    {
        var query = new FolderQuery<T>(() => work(_worker!)) { IsInside = isInside };
        _inbox.Post(query);
        return query.Answer;
    }

    private async Task<CancellationTokenRegistration> StandAsync(FileWait wait, CancellationToken cancellationToken)
    {
        await InsideAsync(worker =>
        {
            worker.Stand(wait);
            return true;
        }).ConfigureAwait(false);

        // Not awaited: the answer to the wait says how it ended, also when the session is over meanwhile.
        return cancellationToken.UnsafeRegister(
            static state =>
            {
                var (session, wait) = ((FileSession, FileWait))state!;
                _ = session.InsideAsync(worker =>
                {
                    worker.Withdraw(wait);
                    return true;
                });
            },
            (this, wait));
    }

    private void Run((long Number, ViewNumber Seen)? attach)
    {
        try
        {
            FolderProof.Prepare(_root);
            using var folder = Folder.Open(_root, _time);
            _worker = new FileWorker(folder, _time, _profile, (sentAt, answer) =>
            {
                if (!_givenUp)
                {
                    _events.Beaten(this, sentAt, answer);
                }
            });
            using (_worker)
            {
                Serve(_worker, attach);
            }
        }
        catch (Exception e)
        {
            Fail(FileErrors.Translate(e, _root));
        }
        finally
        {
            GiveUp();
            _pending.End();
        }
    }

    private void Serve(FileWorker worker, (long Number, ViewNumber Seen)? attach)
    {
        try
        {
            if (!_pending.TryEnter(leavesTrace: !_profile.Observe))
            {
                return;
            }

            OpenedAt = Moment.Now(_time);
            if (!worker.Open(attach))
            {
                _pending.TryGive(null);
                return;
            }

            Opening = worker.Opening.Read(worker.Epoch);
            if (!_pending.TryGive(this))
            {
                worker.Leave(); // Cancelled in the last instant: a member that nobody beats for would only die slowly in everybody's view.
                return;
            }

            worker.Serve(_inbox);
        }
        catch (Exception e)
        {
            // Before the session's locks are given back: whoever holds one hears of it first.
            Fail(FileErrors.Translate(e, _root));
        }
        finally
        {
            GiveUp();
            worker.Close();
        }
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
