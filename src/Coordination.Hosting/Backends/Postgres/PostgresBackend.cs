using System.Data.Common;
using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Backends.Postgres;

/// <summary>Groups and locks in a PostgreSQL database.</summary>
internal sealed class PostgresBackend : IBackend
{
    private readonly PostgresPlace _place;
    private readonly Lock _gate = new();
    private readonly SurveyConnection _survey;
    private PostgresWatcher? _watcher;
    private bool _disposed;

    public PostgresBackend(PostgresSettings settings, TimeProvider time, ILogger logger, Telemetry telemetry)
    {
        _place = new PostgresPlace(settings, new PostgresConnector(settings, telemetry), time, logger, telemetry);
        _survey = new SurveyConnection(_place);
    }

    /// <inheritdoc/>
    public string Description => _place.Settings.Description;

    /// <summary>What an operator does by hand.</summary>
    /// <param name="profile">What its connections are set up for.</param>
    /// <param name="givenUp">Nobody waits for it any more: no attempt to connect is made, and nothing is begun.</param>
    public PostgresOperator OperatorFor(MemberProfile profile, CancellationToken givenUp) => new(_place, profile, givenUp);

    /// <inheritdoc/>
    public async Task<IBackendSession> JoinAsync(MemberProfile profile, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken)
    {
        var session = await OpenAsync(
            profile, events, statements => profile.Observe ? statements.Observe(seen) : statements.Join(seen), cancellationToken).ConfigureAwait(false);
        return session!; // only an attach finds that there is nobody to attach to
    }

    /// <inheritdoc/>
    public Task<bool> TryLockInTransactionAsync(DbTransaction transaction, LockKey key, LockMode mode, TimeSpan? patience, CancellationToken cancellationToken) =>
        new TransactionLock(_place, transaction, key, mode).TryTakeAsync(patience, cancellationToken);

    /// <inheritdoc/>
    public Task<GroupFacts> SurveyAsync(MemberProfile profile)
    {
        // A thread of its own: it waits for the network, and the pool's threads are other people's. Without the flow of whoever asked.
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Factory.StartNew(() => _survey.Read(profile), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <inheritdoc/>
    public Task<IBackendSession?> AttachAsync(
        MemberProfile profile, long memberNumber, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken) =>
        OpenAsync(profile, events, statements => profile.Observe ? statements.Observe(seen) : statements.Attach(memberNumber, seen), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
            _watcher?.Stop();
        }

        _survey.Dispose();
        _place.Connector.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<IBackendSession?> OpenAsync(
        MemberProfile profile, ISessionEvents events, Func<GroupStatements, OpenedGroup?> enter, CancellationToken cancellationToken)
    {
        var session = await PostgresSession.OpenAsync(_place, profile, events, enter, cancellationToken).ConfigureAwait(false);
        if (session is null || !profile.CrashWatch || !TryStartWatching(profile, events, session))
        {
            _place.Connector.DropSecond();
        }

        return session;
    }

    /// <summary>The watcher outlives the sessions of a member: while its key is held, the process lives.</summary>
    /// <returns>Whether a new watcher is needed, and has been started.</returns>
    private bool TryStartWatching(MemberProfile profile, ISessionEvents events, PostgresSession session)
    {
        lock (_gate)
        {
            if (_disposed || _watcher?.TryFollow(session) is true)
            {
                return false;
            }

            _watcher?.Stop();
            _watcher = PostgresWatcher.Start(_place, profile, events, session);
            return true;
        }
    }
}
