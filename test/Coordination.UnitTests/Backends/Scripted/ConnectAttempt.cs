using Coordination.Backends;

namespace Coordination.UnitTests.Backends.Scripted;

/// <summary>One attempt to join or attach, waiting for what the test makes of it.</summary>
internal sealed class ConnectAttempt(MemberProfile profile, long? memberNumber, ViewNumber seen, ISessionEvents events)
{
    private readonly TaskCompletionSource<IBackendSession?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MemberProfile Profile => profile;

    /// <summary>Who wants to come back; null for a new join.</summary>
    public long? MemberNumber => memberNumber;

    public ViewNumber Seen => seen;

    public ISessionEvents Events => events;

    public Task<IBackendSession?> Outcome => _outcome.Task;

    /// <summary>What is done once it was given up; then it ends with what came of it meanwhile, if anything did.</summary>
    public Func<Task> OnGivenUp { get; set; } = static () => Task.CompletedTask;

    public void Open(ScriptedSession session)
    {
        session.Events = events;
        _outcome.SetResult(session);
    }

    public void Refuse(Exception cause) => _outcome.SetException(cause);

    public void Gone() => _outcome.SetResult(null);
}
