using System.Data.Common;
using Coordination.Backends;
using Coordination.Backends.Memory;

namespace Coordination.UnitTests.Hosting;

/// <summary>The memory backend behind a gate: a test decides when, and whether, a join or a new connection gets through.</summary>
internal sealed class GatedBackend(TimeProvider time) : IBackend
{
    private readonly MemoryBackend _inner = new(Guid.NewGuid().ToString(), time);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What a join and an attach must wait for; by default nothing.</summary>
    public Func<CancellationToken, Task> Gate { get; set; } = _ => Task.CompletedTask;

    /// <summary>A join has come to the gate.</summary>
    public Task Asked => _asked.Task;

    public string Description => _inner.Description;

    /// <summary>How often the group was read for people.</summary>
    public int Surveys { get; private set; }

    public MemoryServer Server => _inner.Server;

    public async Task<IBackendSession> JoinAsync(MemberProfile profile, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        await Gate(cancellationToken).ConfigureAwait(false);
        return await _inner.JoinAsync(profile, seen, events, cancellationToken).ConfigureAwait(false);
    }

    public async Task<IBackendSession?> AttachAsync(
        MemberProfile profile, long memberNumber, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken)
    {
        await Gate(cancellationToken).ConfigureAwait(false);
        return await _inner.AttachAsync(profile, memberNumber, seen, events, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    public Task<bool> TryLockInTransactionAsync(DbTransaction transaction, LockKey key, LockMode mode, TimeSpan? patience, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<GroupFacts> SurveyAsync(MemberProfile profile)
    {
        Surveys++;
        return _inner.SurveyAsync(profile);
    }
}
