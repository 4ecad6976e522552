using Coordination.Backends;
using Coordination.Backends.Memory;

namespace Coordination.UnitTests.Backends.Memory;

/// <summary>A server of its own for one test, and whoever joins it there.</summary>
internal sealed class MemoryHouse : IAsyncDisposable
{
    /// <summary>For a hang, in milliseconds.</summary>
    public const int Limit = 30_000;

    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    public MemoryHouse()
    {
        Backend = new MemoryBackend(Guid.NewGuid().ToString(), Time);
    }

    public ManualTime Time { get; } = new();

    public MemoryBackend Backend { get; }

    public MemoryServer Server => Backend.Server;

    public static MemberProfile Profile(string id, string group = "orders") => new()
    {
        Group = group,
        MemberId = id,
        Observe = false,
        Url = null,
        Metadata = new Dictionary<string, string>(),
        LeaseTime = Lease,
        HeartbeatInterval = Lease / 4,
        CrashGrace = Grace,
        OnNameConflict = OnNameConflict.Supersede,
    };

    public Task<IBackendSession> JoinAsync(string id, ISessionEvents? events = null) => JoinAsync(Profile(id), events);

    public Task<IBackendSession> JoinAsync(MemberProfile profile, ISessionEvents? events = null) =>
        Backend.JoinAsync(profile, default, events ?? new RecordedEvents(), TestContext.Current.CancellationToken);

    public Task<IBackendSession?> AttachAsync(IBackendSession old, string id, ISessionEvents? events = null) => Backend.AttachAsync(
        Profile(id), old.MemberNumber, old.Opening.View, events ?? new RecordedEvents(), TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Backend.DisposeAsync();
}
