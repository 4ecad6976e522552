using System.Data.Common;

namespace Coordination.Backends.Memory;

/// <summary>Groups and locks in the memory of this process: the same meaning as on PostgreSQL, for one process and for tests.</summary>
/// <remarks>
/// All backends of one server name share that server. Disposing a backend ends the sessions it opened as a crash would, and
/// drops the server when it was the last backend of that name (see <see cref="MemoryServers"/>).
/// Sessions go by the clock of the backend that opened them, and by nothing else: under a manual clock nothing expires until it is moved.
/// </remarks>
internal sealed class MemoryBackend : IBackend
{
    private readonly TimeProvider _time;
    private int _disposed;

    public MemoryBackend(string serverName, TimeProvider time)
    {
        Server = MemoryServers.Open(serverName);
        _time = time;
    }

    /// <inheritdoc/>
    public string Description => $"memory://{Server.Name}";

    /// <summary>The shared server; tests silence and kill members on it.</summary>
    internal MemoryServer Server { get; }

    /// <inheritdoc/>
    public Task<IBackendSession> JoinAsync(MemberProfile profile, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken)
    {
        try
        {
            Check(cancellationToken);
            var session = new MemorySession(Server, new ServerSession(profile, _time, origin: this), events);
            session.Join();
            return Task.FromResult<IBackendSession>(session);
        }
        catch (Exception e) when (e is CoordinationException or OperationCanceledException)
        {
            return Task.FromException<IBackendSession>(e);
        }
    }

    /// <inheritdoc/>
    public Task<IBackendSession?> AttachAsync(
        MemberProfile profile, long memberNumber, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken)
    {
        try
        {
            Check(cancellationToken);
            var session = new MemorySession(Server, new ServerSession(profile, _time, origin: this), events);
            return Task.FromResult<IBackendSession?>(session.TryAttach(memberNumber, seen) ? session : null);
        }
        catch (Exception e) when (e is CoordinationException or OperationCanceledException)
        {
            return Task.FromException<IBackendSession?>(e);
        }
    }

    /// <inheritdoc/>
    public Task<bool> TryLockInTransactionAsync(DbTransaction transaction, LockKey key, LockMode mode, TimeSpan? patience, CancellationToken cancellationToken) =>
        throw new NotSupportedException("memory:// has no transactions: a lock there cannot end with one of a database. Use a handle from AcquireAsync in this test.");

    /// <inheritdoc/>
    public Task<GroupFacts> SurveyAsync(MemberProfile profile) => Task.FromResult(
        Server.Survey(profile.Group, _time.GetUtcNow())
        ?? throw new CoordinationUnavailableException($"Nobody has come into group '{profile.Group}' on {Description} yet. Start the host first.") { IsUnknownGroup = true });

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Server.EndAll(this);
            MemoryServers.Close(Server);
        }

        return ValueTask.CompletedTask;
    }

    private void Check(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Volatile.Read(ref _disposed) != 0)
        {
            throw new CoordinationUnavailableException($"The backend {Description} is disposed. Start a new host.");
        }
    }
}
