using System.Data.Common;
using System.Threading.Channels;
using Coordination.Backends;

namespace Coordination.UnitTests.Backends.Scripted;

/// <summary>A backend that does what the test says, one attempt at a time.</summary>
internal sealed class ScriptedBackend(Journal journal) : IBackend
{
    private readonly Channel<ConnectAttempt> _attempts = Channel.CreateUnbounded<ConnectAttempt>();
    private int _disposals;

    public string Description => "scripted://here";

    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>How many attempts wait for the test to look at them.</summary>
    public int Untouched => _attempts.Reader.Count;

    public Task<ConnectAttempt> AttemptAsync() => _attempts.NextAsync();

    public async Task<IBackendSession> JoinAsync(MemberProfile profile, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken)
    {
        journal.Write("join asked");
        return (await Ask(new ConnectAttempt(profile, memberNumber: null, seen, events), cancellationToken))!;
    }

    public Task<IBackendSession?> AttachAsync(
        MemberProfile profile, long memberNumber, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken)
    {
        journal.Write("attach asked");
        return Ask(new ConnectAttempt(profile, memberNumber, seen, events), cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref _disposals);
        return ValueTask.CompletedTask;
    }

    private async Task<IBackendSession?> Ask(ConnectAttempt attempt, CancellationToken cancellationToken)
    {
        _attempts.Writer.TryWrite(attempt);
        try
        {
            return await attempt.Outcome.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await attempt.OnGivenUp();
            if (attempt.Outcome.IsCompleted)
            {
                return await attempt.Outcome;
            }

            throw;
        }
    }

    public Task<bool> TryLockInTransactionAsync(DbTransaction transaction, LockKey key, LockMode mode, TimeSpan? patience, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<GroupFacts> SurveyAsync(MemberProfile profile) => throw new NotSupportedException();
}
