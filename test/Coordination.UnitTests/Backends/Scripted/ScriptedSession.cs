using System.Collections.Concurrent;
using System.Threading.Channels;
using Coordination.Backends;

namespace Coordination.UnitTests.Backends.Scripted;

/// <summary>A session whose server is the test: it sees every command and answers when it likes.</summary>
internal sealed class ScriptedSession(TimeProvider time, Journal journal, long memberNumber = 1) : IBackendSession
{
    private readonly Channel<LockCommand> _commands = Channel.CreateUnbounded<LockCommand>();
    private readonly Channel<ServerWait> _waits = Channel.CreateUnbounded<ServerWait>();
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long MemberNumber => memberNumber;

    public int ProcessId { get; init; } = 4711;

    public GroupSnapshot Opening { get; init; } = new(new ViewNumber(1, 1), []);

    public Moment OpenedAt { get; } = Moment.Now(time);

    public ISessionEvents? Events { get; set; }

    /// <summary>Called with every posted command on the thread that posts it; the default keeps it for <see cref="CommandAsync"/>.</summary>
    public Action<LockCommand>? OnPost { get; init; }

    public Func<Task<BeatAnswer>> OnBeat { get; set; } = static () => Task.FromResult(new BeatAnswer(new ViewNumber(1, 1), Standing.Good));

    public Func<ViewNumber, Task<IReadOnlyList<ViewChanges>?>> OnReadChanges { get; set; } = static _ => Task.FromResult<IReadOnlyList<ViewChanges>?>([]);

    public Func<Task<GroupSnapshot>> OnReadGroup { get; set; } = static () => throw new InvalidOperationException("Nobody was to read the whole group.");

    public Func<Task> OnLeave { get; set; } = static () => Task.CompletedTask;

    public Func<Task> OnMarkLeaving { get; set; } = static () => Task.CompletedTask;

    /// <summary>Called before what is told is kept in <see cref="ToldLost"/>.</summary>
    public Action? OnTellLost { get; set; }

    public List<LostNote> ToldLost { get; } = [];

    public Task Disposed => _disposed.Task;

    public int UnseenCommands => _commands.Reader.Count;

    public int UnseenWaits => _waits.Reader.Count;

    public Task<LockCommand> CommandAsync() => _commands.NextAsync();

    public Task<ServerWait> WaitingAsync() => _waits.NextAsync();

    public void Beat(Standing standing = Standing.Good, Moment? sentAt = null, ViewNumber? view = null) =>
        Events!.Beaten(this, sentAt ?? Moment.Now(time), new BeatAnswer(view ?? Opening.View, standing));

    public void End(string why) => Events!.Ended(this, new CoordinationUnavailableException(why));

    public void Post(LockCommand command)
    {
        if (OnPost is { } onPost)
        {
            onPost(command);
        }
        else
        {
            _commands.Writer.TryWrite(command);
        }
    }

    public Task<LockGrant?> WaitAsync(LockKey key, LockMode mode, CancellationToken cancellationToken)
    {
        var wait = new ServerWait(key, mode, cancellationToken);
        _waits.Writer.TryWrite(wait);
        return wait.Answer;
    }

    public int MostLocks { get; set; } = int.MaxValue;

    public Func<LockKey, Task<long?>> OnTryExtend { get; set; } = static _ => Task.FromResult<long?>(null);

    public Task<long?> TryExtendAsync(LockKey key) => OnTryExtend(key);

    public Func<LockKey, IReadOnlyList<LockKey>, Task<int>> OnCheckPlaces { get; set; } = static (_, _) => Task.FromResult(0);

    public Func<IReadOnlyList<LockKey>, Task<PlaceGrant?>> OnTakePlace { get; set; } = static _ => Task.FromResult<PlaceGrant?>(null);

    public Func<Func<IReadOnlyList<LockKey>>, CancellationToken, Task<PlaceGrant?>> OnWaitForPlace { get; set; } =
        static (_, _) => throw new InvalidOperationException("Nobody was to wait for a place.");

    public Task<int> CheckPlacesAsync(LockKey key, IReadOnlyList<LockKey> places) => OnCheckPlaces(key, places);

    public Task<PlaceGrant?> TakePlaceAsync(LockKey key, IReadOnlyList<LockKey> places) => OnTakePlace(places);

    public Task<PlaceGrant?> WaitForPlaceAsync(LockKey key, Func<IReadOnlyList<LockKey>> places, CancellationToken cancellationToken) =>
        OnWaitForPlace(places, cancellationToken);

    /// <summary>What it was told to show last, for each of its notes.</summary>
    public ConcurrentDictionary<long, LockNote> Shown { get; } = [];

    /// <summary>What other sessions show.</summary>
    public Func<IReadOnlyList<ShownLock>> OnReadShown { get; set; } = static () => [];

    public Func<LockKey, Task<LockInspection>> OnInspect { get; set; } = static _ => Task.FromResult(new LockInspection(IsHeld: false, Holder: null, Since: null, Waiters: 0));

    /// <summary>Called before anything is shown; may throw.</summary>
    public Action? OnShow { get; set; }

    public Task TellLostAsync(IReadOnlyList<LostNote> lost)
    {
        OnTellLost?.Invoke();
        ToldLost.AddRange(lost);
        return Task.CompletedTask;
    }

    public Task ShowAsync(IReadOnlyList<LockNote> shown, IReadOnlyList<long> gone)
    {
        OnShow?.Invoke();
        foreach (var id in gone)
        {
            Shown.TryRemove(id, out _);
        }

        foreach (var note in shown)
        {
            Shown[note.Id] = note;
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ShownLock>> ReadShownAsync(bool onlyDeadlocks) => Task.FromResult(OnReadShown());

    public Task<LockInspection> InspectAsync(LockKey key) => OnInspect(key);

    public Task<BeatAnswer> BeatAsync() => OnBeat();

    public Task<GroupSnapshot> ReadGroupAsync() => OnReadGroup();

    public Task<IReadOnlyList<ViewChanges>?> ReadChangesAsync(ViewNumber after) => OnReadChanges(after);

    public Task UpdateAsync(Uri? url, IReadOnlyDictionary<string, string> metadata)
    {
        journal.Write($"session {MemberNumber} told url {url}, {metadata.Count} metadata");
        return Task.CompletedTask;
    }

    public Task MarkLeavingAsync()
    {
        journal.Write($"session {MemberNumber} marked leaving");
        return OnMarkLeaving();
    }

    public Task LeaveAsync()
    {
        journal.Write($"session {MemberNumber} left");
        return OnLeave();
    }

    public ValueTask DisposeAsync()
    {
        if (_disposed.TrySetResult())
        {
            journal.Write($"session {MemberNumber} disposed");
        }

        return ValueTask.CompletedTask;
    }
}
