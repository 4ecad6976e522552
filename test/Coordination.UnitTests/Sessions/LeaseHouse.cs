using System.Threading.Channels;
using Coordination.Backends;
using Coordination.Membership;
using Coordination.Sessions;
using Coordination.UnitTests.Backends.Scripted;
using Microsoft.Extensions.Logging.Abstractions;

namespace Coordination.UnitTests.Sessions;

/// <summary>A lease session whose backend and clock are the test's.</summary>
internal sealed class LeaseHouse : IAsyncDisposable
{
    public static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Trust = LeaseClock.TrustOf(LeaseTime);

    private readonly Channel<string> _losses = Channel.CreateUnbounded<string>();

    public LeaseHouse(bool observe = false)
    {
        Backend = new ScriptedBackend(Journal);
        Owner = new RecordedOwner(Journal);
        Session = new LeaseSession(
            new LeaseContext(Backend, Owner, Views, Time, Log),
            new MemberProfile
            {
                Group = "orders",
                MemberId = "ann",
                Observe = observe,
                Url = null,
                Metadata = new Dictionary<string, string>(),
                LeaseTime = LeaseTime,
                HeartbeatInterval = LeaseTime / 4,
                CrashGrace = TimeSpan.FromSeconds(3),
                OnNameConflict = OnNameConflict.Supersede,
            });
        Session.LeaseLost += reason => _losses.Writer.TryWrite(reason);
    }

    public Journal Journal { get; } = new();

    public RecordedLog Log { get; } = new();

    public ManualTime Time { get; } = new();

    public GroupViews Views { get; } = new("orders", NullLogger.Instance);

    public ScriptedBackend Backend { get; }

    public RecordedOwner Owner { get; }

    public LeaseSession Session { get; }

    public int UnseenLosses => _losses.Reader.Count;

    public Task<string> LeaseLostAsync() => _losses.NextAsync();

    public ScriptedSession NewSession(long memberNumber = 1) => new(Time, Journal, memberNumber)
    {
        Opening = new GroupSnapshot(new ViewNumber(1, memberNumber), []),
    };

    /// <summary>Joins, and the backend opens this session for it.</summary>
    public async Task<ScriptedSession> JoinAsync(ScriptedSession? session = null)
    {
        session ??= NewSession();
        var joining = Session.JoinAsync(TestContext.Current.CancellationToken);
        (await Backend.AttemptAsync()).Open(session);
        await joining.InTime();
        return session;
    }

    /// <summary>The next attempt, which must be one to come back as this member.</summary>
    public async Task<ConnectAttempt> AttachAsync(long memberNumber)
    {
        var attempt = await Backend.AttemptAsync();
        Assert.Equal(memberNumber, attempt.MemberNumber);
        return attempt;
    }

    /// <summary>Waits until a session that was opened after the first one has been taken over.</summary>
    public Task JoinedAgainAsync() => Log.LoggedAsync("SessionResumed");

    /// <summary>Lets the loop rest before its next attempt, and returns how long it wanted to.</summary>
    public async Task<TimeSpan> RestAsync()
    {
        var rest = await Time.TimerSetAsync(due => due <= TimeSpan.FromSeconds(1));
        Time.Advance(rest);
        return rest;
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await Session.LeaveAsync(atOnce.Token).InTime();
    }
}
