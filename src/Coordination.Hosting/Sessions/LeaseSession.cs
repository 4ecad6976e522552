using Coordination.Backends;

namespace Coordination.Sessions;

/// <summary>The one lease this process holds on its group: member, lock owner and heartbeat at once.</summary>
/// <remarks>Starting and stopping are idempotent and may come from any thread; what happens between is <see cref="LeaseLoop"/>.</remarks>
internal sealed class LeaseSession(LeaseContext context, MemberProfile profile) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private volatile MemberProfile _profile = profile;
    private volatile LeaseLoop? _loop;
    private Task? _running;
    private bool _disposed;

    /// <summary>The lease is over: it ran out, or the group has gone on without us. The argument says which.</summary>
    public event Action<string>? LeaseLost;

    public MembershipState State => _loop?.State ?? MembershipState.Joining;

    public MemberProfile Profile => _profile;

    public IBackend Backend => context.Backend;

    /// <summary>Our number while we are in the group; 0 for an observer, and outside.</summary>
    public long MemberNumber => State is MembershipState.Left ? 0 : _loop?.Lease?.Session.MemberNumber ?? 0;

    /// <summary>The open lease.</summary>
    /// <exception cref="CoordinationUnavailableException">There is none now.</exception>
    public LiveLease Lease => _loop?.Lease is { IsOpen: true } lease ? lease : throw Unavailable();

    /// <summary>Starts to join, unless that has been done.</summary>
    public void Start() => Begin();

    /// <summary>Starts to join and waits until this process is in.</summary>
    /// <exception cref="CoordinationConfigurationException">Somebody must change something first; the attempts go on until <see cref="LeaveAsync"/>.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken) => await Begin().WaitAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Says farewell. Bounded by the token and by the lease time.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        LeaseLoop? loop;
        Task? running;
        lock (_gate)
        {
            (loop, running) = (_loop, _running);
        }

        if (loop is null || running is null)
        {
            return;
        }

        // First the stop: who is out of time leaves what is under way to be undone by those who see that nobody waits for it any more.
        loop.Stop();

        // After a lease time without an answer there is nothing left on the server to say farewell to.
        using var bound = new CancellationTokenSource(_profile.LeaseTime, context.Time);
        await using var hurried = bound.Token.UnsafeRegister(static state => ((LeaseLoop)state!).Hurry(), loop).ConfigureAwait(false);
        await using var cancelled = cancellationToken.UnsafeRegister(static state => ((LeaseLoop)state!).Hurry(), loop).ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    /// <summary>Tells the group that this member takes no new work. Best effort.</summary>
    public async Task PrepareToLeaveAsync(CancellationToken cancellationToken)
    {
        if (_loop is not { } loop)
        {
            return;
        }

        loop.IsDeparting = true;
        if (loop.Lease is { IsOpen: true } lease && !_profile.Observe)
        {
            await lease.Session.MarkLeavingAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Publishes where others reach us; kept for later joins.</summary>
    public Task AdvertiseAsync(Uri url, CancellationToken cancellationToken) => ChangeAsync(now => now with { Url = url }, cancellationToken);

    /// <summary>Publishes what the user tells about this member; kept for later joins. What the library itself tells stays.</summary>
    public Task DescribeAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken) =>
        ChangeAsync(now => now with { Metadata = Merged(metadata.Where(IsUsers), now.Metadata.Where(pair => !IsUsers(pair))) }, cancellationToken);

    /// <summary>Publishes what the library itself tells about this member; kept for later joins.</summary>
    public Task AnnounceAsync(string key, string value, CancellationToken cancellationToken) =>
        ChangeAsync(now => now with { Metadata = Merged(now.Metadata.Where(pair => pair.Key != key), [KeyValuePair.Create(key, value)]) }, cancellationToken);

    /// <summary>Takes back what the library told about this member, if it is still this.</summary>
    public Task RetractAsync(string key, string value, CancellationToken cancellationToken) => ChangeAsync(
        now => now.Metadata.GetValueOrDefault(key) == value ? now with { Metadata = Merged(now.Metadata.Where(pair => pair.Key != key), []) } : now,
        cancellationToken);

    public LeaseReport Report()
    {
        var loop = _loop;
        var clock = loop?.Lease?.Clock;
        var session = loop?.Lease is { Ending: null } lease ? lease.Session : null;
        return new LeaseReport(
            State,
            clock?.Remaining,
            clock?.Age,
            session?.ProcessId ?? 0,
            loop?.Reconnects ?? 0,
            session?.MostLocks ?? 0,
            loop?.LastError);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        await LeaveAsync(CancellationToken.None).ConfigureAwait(false);
        await context.Backend.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsUsers(KeyValuePair<string, string> pair) => !pair.Key.StartsWith(Member.ReservedMetadata, StringComparison.Ordinal);

    private static Dictionary<string, string> Merged(IEnumerable<KeyValuePair<string, string>> some, IEnumerable<KeyValuePair<string, string>> others) =>
        new(some.Concat(others), StringComparer.Ordinal);

    /// <returns>The answer to whoever asks now: of the first attempt, if that is about to be made.</returns>
    private Task Begin()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_running is { IsCompleted: false })
            {
                return _loop!.Joined;
            }

            // The loop and its timers outlive whoever starts them and must not carry their activity or other ambient values.
            using (ExecutionContext.SuppressFlow())
            {
                var loop = new LeaseLoop(context, () => _profile, reason => LeaseLost?.Invoke(reason));
                var joined = loop.Joined; // before it runs: it may have been refused, and have told those who wait, before anybody looks again
                _loop = loop;
                _running = Task.Run(loop.RunAsync);
                return joined;
            }
        }
    }

    private async Task ChangeAsync(Func<MemberProfile, MemberProfile> change, CancellationToken cancellationToken)
    {
        Task published;
        lock (_gate)
        {
            var before = _profile;
            _profile = change(before);
            if (_profile.Observe || ReferenceEquals(_profile, before))
            {
                return;
            }

            // Handed over under the gate: of two changes at once the later profile must be the later one at the server too.
            published = Lease.Session.UpdateAsync(_profile.Url, _profile.Metadata);
        }

        await published.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Why nothing can be asked of the group now.</summary>
    public CoordinationUnavailableException Unavailable() => new(State switch
    {
        MembershipState.Joining when _loop is null => $"Group '{_profile.Group}' is not joined: coordination has not started. Start the host first.",
        MembershipState.Joining => $"Group '{_profile.Group}' is not joined yet. {_loop?.LastError ?? "The attempt is under way."}",
        MembershipState.Left or MembershipState.Leaving => $"Group '{_profile.Group}' is not joined any more: this process has left it.",
        _ => $"The lease on group '{_profile.Group}' is lost; connecting again. {_loop?.LastError}".TrimEnd(),
    });
}
