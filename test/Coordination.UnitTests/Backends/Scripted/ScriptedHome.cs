using System.Threading.Channels;
using Coordination.Backends;

namespace Coordination.UnitTests.Backends.Scripted;

/// <summary>A connection that keeps a lock, whose server is the test.</summary>
internal sealed class ScriptedHome(TimeProvider time, Journal journal) : ILockHome
{
    private readonly Channel<LockCommand> _commands = Channel.CreateUnbounded<LockCommand>();
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Moment HeardAt { get; set; } = Moment.Now(time);

    public bool IsOver { get; set; }

    public bool Confirms { get; set; } = true;

    public Task Abandoned => _abandoned.Task;

    public Task<LockCommand> CommandAsync() => _commands.NextAsync();

    public void Post(LockCommand command) => _commands.Writer.TryWrite(command);

    public int Expected { get; private set; }

    public void Expect() => Expected++;

    public Task<bool> ConfirmAsync() => Task.FromResult(Confirms);

    public void Abandon()
    {
        IsOver = true;
        journal.Write("home abandoned");
        _abandoned.TrySetResult();
    }
}
