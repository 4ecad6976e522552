using Coordination.Backends;
using Coordination.Locks;
using Coordination.Membership;
using Coordination.Sessions;
using Coordination.UnitTests.Backends.Scripted;

namespace Coordination.UnitTests.Locks;

/// <summary>The locks of one open lease, on a server and a clock that are the test's.</summary>
internal sealed class LockHouse
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);

    private readonly ExecutionContext _outside = ExecutionContext.Capture()!;
    private readonly LockKeys _keys;
    private long _lastToken;

    public LockHouse(KeyFormat format = KeyFormat.Default, Action<LockCommand>? onPost = null, bool postsReleases = false)
    {
        _keys = new LockKeys(string.Empty, format);
        Session = new ScriptedSession(Time, new Journal()) { OnPost = onPost };
        Engine = new LockEngine(new LockContext("ann", Time, new LockJournal(Time, Log), postsReleases));
        Lease = new LiveLease(Session, new LeaseClock(Time, LeaseTime, Session.OpenedAt));
        Locks = new LockProvider(Unstarted(), Engine, _keys);
        Engine.Opened(Lease);
    }

    public ManualTime Time { get; } = new();

    public RecordedLog Log { get; } = new();

    public ScriptedSession Session { get; }

    public LiveLease Lease { get; }

    public LockEngine Engine { get; }

    public LockProvider Locks { get; }

    public LockKey KeyOf(string name) => _keys.KeyOf(name);

    /// <summary>Asks in an async flow of its own, as an independent request would.</summary>
    public Task<ILockHandle> AcquireAsync(string name, LockRequest request = default, CancellationToken cancellationToken = default) =>
        Apart(() => Locks.AcquireAsync(name, request, cancellationToken).AsTask());

    /// <inheritdoc cref="AcquireAsync"/>
    public Task<ILockHandle?> TryAcquireAsync(string name, LockRequest request = default, CancellationToken cancellationToken = default) =>
        Apart(() => Locks.TryAcquireAsync(name, request, cancellationToken).AsTask());

    /// <summary>Acquires a free lock, the server's yes included.</summary>
    public async Task<ILockHandle> HoldAsync(string name, LockMode mode = LockMode.Exclusive)
    {
        var asked = AcquireAsync(name, new LockRequest { Mode = mode });
        await GrantAsync();
        return await asked.InTime();
    }

    /// <summary>The server says yes to the next command, which must be a try.</summary>
    public async Task<long> GrantAsync()
    {
        var command = await TriedAsync();
        var token = NextToken();
        command.Complete(token);
        return token;
    }

    /// <summary>The next command, which must be a try.</summary>
    public async Task<LockCommand> TriedAsync()
    {
        var command = await Session.CommandAsync();
        Assert.False(command.IsRelease);
        return command;
    }

    /// <summary>The next command, which must be a release.</summary>
    public async Task<LockCommand> ReleasedAsync()
    {
        var command = await Session.CommandAsync();
        Assert.True(command.IsRelease);
        return command;
    }

    /// <summary>Somebody else holds the name: the try fails and the wait at the server begins.</summary>
    public async Task<ServerWait> BusyAsync()
    {
        (await TriedAsync()).Complete(null);
        return await Session.WaitingAsync();
    }

    public long NextToken() => _lastToken += Fence.Step;

    public void Lose(string reason = "The connection was reset.")
    {
        Lease.TryEnd(reason);
        Engine.Closed(Lease);
    }

    /// <summary>The next lease, on a session of its own.</summary>
    public ScriptedSession Reopen()
    {
        var session = new ScriptedSession(Time, new Journal(), memberNumber: 2);
        Engine.Opened(new LiveLease(session, new LeaseClock(Time, LeaseTime, session.OpenedAt)));
        return session;
    }

    /// <summary>Nobody holds or wants anything, and the server has been asked for nothing that the test has not seen.</summary>
    public void AssertEmpty()
    {
        Assert.Equal((0, 0), (Locks.Held, Locks.Waiting));
        Assert.Equal((0, 0), (Session.UnseenCommands, Session.UnseenWaits));
    }

    /// <summary>Does something in an async flow of its own.</summary>
    public Task<T> Apart<T>(Func<Task<T>> ask)
    {
        Task<T>? asked = null;
        ExecutionContext.Run(_outside, _ => asked = ask(), null);
        return asked!;
    }

    private LeaseSession Unstarted()
    {
        var profile = new MemberProfile
        {
            Group = "orders",
            MemberId = "ann",
            Observe = false,
            Url = null,
            Metadata = new Dictionary<string, string>(),
            LeaseTime = LeaseTime,
            HeartbeatInterval = LeaseTime / 4,
            CrashGrace = TimeSpan.FromSeconds(3),
            OnNameConflict = OnNameConflict.Supersede,
        };
        return new LeaseSession(new LeaseContext(new ScriptedBackend(new Journal()), Engine, new GroupViews("orders", Log), Time, Log), profile);
    }
}
